import { describe, expect, it } from 'vitest';
import { MUTATIONS } from './mutations.ts';
import { mutationSection, replaceSection, simulationSection } from './proofSections.ts';
import { newTotals } from './totals.ts';

describe('a section of the page', () => {
  const page = '# Proof\n\n## One\n\nold\n\n## Two\n\nstays\n';

  it('is replaced, and the others stay', () => {
    expect(replaceSection(page, 'One', 'new')).toBe('# Proof\n\n## One\n\nnew\n\n## Two\n\nstays\n');
    expect(replaceSection(page, 'Two', 'new')).toBe('# Proof\n\n## One\n\nold\n\n## Two\n\nnew\n');
  });

  it('has to be there', () => {
    expect(() => replaceSection(page, 'Three', 'new')).toThrow('no heading "## Three"');
  });
});

describe('the section of a run', () => {
  const run = { commit: 'abc1234', seconds: 12 };

  it('names what had an effect and what had none', () => {
    const totals = newTotals(0);
    totals.seeds = 1234;
    totals.effects.set('ban-418', 2000);
    const text = simulationSection(totals, run);
    expect(text).toContain('commit abc1234: **1,234 seeds, 0 failed**');
    expect(text).toContain('By kind: ban-418 2,000.');
    expect(text).toMatch(/without effect in this run: .*ban-403/);
  });

  it('says which of the faults that were put back nothing noticed', () => {
    const [first, second] = MUTATIONS;
    const problems = [{ kind: 'lost', detail: '' }] as const;
    const checked = [
      { mutation: first!, found: { seed: 7, problems } },
      { mutation: second!, found: null },
    ];
    const text = mutationSection(checked, 'abc1234');
    expect(text).toContain('**1 of 2 noticed**');
    expect(text).toContain('| 7 | lost |');
    expect(text).toContain('| not noticed |');
  });
});

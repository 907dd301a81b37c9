import { describe, expect, it } from 'vitest';
import { MUTATIONS } from './mutations.ts';
import { mutationSection, replaceSection, simulationSection } from './proofSections.ts';
import { newTotals } from './totals.ts';

describe('a section of the page', () => {
  const page = '# Proof\n\n## One\n\nold\n\n### Part\n\nold too\n\n## Two\n\nstays\n';

  it('is replaced, and the others stay', () => {
    expect(replaceSection(page, '## One', 'new')).toBe(page.replace('old\n', 'new\n'));
    expect(replaceSection(page, '### Part', 'new')).toBe(page.replace('old too\n', 'new\n'));
    expect(replaceSection(page, '## Two', 'new')).toBe(page.replace('stays\n', 'new\n'));
  });

  it('has to be there', () => {
    expect(() => replaceSection(page, '## Three', 'new')).toThrow('no heading "## Three"');
  });
});

describe('the section of a run', () => {
  const seeds = [{ commit: 'abc1234', cpuMs: 90_000 }];

  it('names what had an effect and what had none', () => {
    const totals = newTotals(0);
    totals.seeds = 1234;
    totals.effects.set('clock-skew', 3);
    totals.effects.set('ban-418', 2000);
    const text = simulationSection(totals, seeds);
    expect(text).toContain('commit abc1234: **1,234 seeds, 0 failed**');
    expect(text).toContain('| ban-418 | 2,000 | clock-skew | 3 |  |  |  |  |');
    expect(text).toMatch(/without effect in this run: .*ban-403/);
  });

  it('names each commit, and the processor time of all', () => {
    const text = simulationSection(newTotals(0), [...seeds, { commit: 'def5678', cpuMs: 90_000 }, ...seeds]);
    expect(text).toContain('commits abc1234 (2 seeds), def5678 (1 seeds)');
    expect(text).toContain('in 5 minutes of processor time');
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

import type { CheckedMutation } from './checkMutations.ts';
import { KINDS } from './faultKinds.ts';
import type { ProvenSeed } from './provenSeeds.ts';
import type { Totals } from './totals.ts';

/** A run of a seed. */
type RunSeed = Pick<ProvenSeed, 'commit' | 'cpuMs'>;

const KINDS_PER_ROW = 4;
const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;

/** A page with the text between a heading, like `## One`, and the next one replaced. Throws without the heading. */
export function replaceSection(page: string, heading: string, body: string): string {
  const begin = page.indexOf(`${heading}\n`);
  if (begin < 0) throw new Error(`the page has no heading "${heading}"`);
  const next = page.slice(begin + 1).search(/\n#+ /);
  const rest = next < 0 ? '' : page.slice(begin + 1 + next);
  return `${page.slice(0, begin)}${heading}\n\n${body.trim()}\n${rest}`;
}

/** What the seeds showed. Throws without a seed. */
export function simulationSection(totals: Totals, seeds: readonly RunSeed[]): string {
  const { effects, variants } = totals;
  const faults = [...effects.values()].reduce((sum, count) => sum + count, 0);
  const unused = KINDS.filter((kind) => !effects.has(kind));
  const variantTexts = [...variants].map(([name, count]) => `${name} ${grouped(count)}`).join(', ');
  const kinds = KINDS.filter((kind) => effects.has(kind)).toSorted();
  const cells = kinds.map((kind) => `${kind} | ${grouped(effects.get(kind)!)}`);
  const rows = Array.from({ length: Math.ceil(cells.length / KINDS_PER_ROW) }, (_, row) => {
    const start = row * KINDS_PER_ROW;
    const shown = cells.slice(start, start + KINDS_PER_ROW);
    return `| ${shown.join(' | ')} |${'  |  |'.repeat(KINDS_PER_ROW - shown.length)}`;
  });
  const cpuMs = seeds.reduce((sum, seed) => sum + seed.cpuMs, 0);
  return `\`npm run proof:long\`, ${commitsText(seeds)}: **${grouped(totals.seeds)} seeds, ${totals.failed} failed**: no row lost, doubled, invented or wrong. They are
${grouped(Math.round(totals.simulatedMs / DAY))} simulated days, ${grouped(totals.events)} events and ${grouped(totals.requests)} requests in ${grouped(Math.round(cpuMs / MINUTE))} minutes of processor time; of them by variant: ${variantTexts}.

${grouped(faults)} faults had an effect. All ${KINDS.length} kinds of \`tests/simulation/faultKinds.ts\` are planned; ${unused.length === 0 ? 'each had an effect' : `without effect in this run: ${unused.join(', ')}`}. How often, by kind:

|${' kind | times |'.repeat(KINDS_PER_ROW)}
|${' --- | --: |'.repeat(KINDS_PER_ROW)}
${rows.join('\n')}`;
}

/** One commit, or how many seeds ran at each. */
function commitsText(seeds: readonly RunSeed[]): string {
  const counts = [...Map.groupBy(seeds, ({ commit }) => commit)].map(
    ([commit, { length }]) => `${commit} (${grouped(length)} seeds)`,
  );
  const [{ commit }] = seeds as [RunSeed];
  return counts.length === 1
    ? `commit ${commit}`
    : `commits ${counts.join(', ')}, which have the same \`packages/\``;
}

/** Which of the faults that were put back were noticed. */
export function mutationSection(checked: readonly CheckedMutation[], commit: string): string {
  const ordered = [...checked].sort((one, other) => rankOf(one) - rankOf(other));
  const rows = ordered.map(({ mutation: { fault, name }, found }) => {
    const kinds = [...new Set(found?.problems.map(({ kind }) => kind))].join(', ');
    return `| ${fault ?? ''} | ${name.replaceAll('-', ' ')} | ${found?.seed ?? ''} | ${kinds || 'not noticed'} |`;
  });
  const noticed = checked.filter(({ found }) => found !== null).length;
  return `Commit ${commit}: **${noticed} of ${checked.length} noticed**.

| fault | what is put back | seed | noticed as |
| --: | --- | --: | --- |
${rows.join('\n')}`;
}

function rankOf({ mutation }: CheckedMutation): number {
  return mutation.fault ?? Number.POSITIVE_INFINITY;
}

function grouped(number: number): string {
  return number.toLocaleString('en-US');
}

import type { CheckedMutation } from './checkMutations.ts';
import { KINDS } from './faultKinds.ts';
import type { Totals } from './totals.ts';

export interface ProofRun {
  readonly commit: string;
  readonly seconds: number;
}

const DAY = 86_400_000;

/** A page with the text below one of its headings replaced. Throws when it has no such heading. */
export function replaceSection(page: string, heading: string, body: string): string {
  const begin = page.indexOf(`## ${heading}\n`);
  if (begin < 0) throw new Error(`the page has no heading "## ${heading}"`);
  const next = page.indexOf('\n## ', begin);
  const rest = next < 0 ? '' : page.slice(next);
  return `${page.slice(0, begin)}## ${heading}\n\n${body.trim()}\n${rest}`;
}

/** What the seeds of a run showed. */
export function simulationSection(totals: Totals, { commit, seconds }: ProofRun): string {
  const { effects, variants } = totals;
  const faults = [...effects.values()].reduce((sum, count) => sum + count, 0);
  const unused = KINDS.filter((kind) => !effects.has(kind));
  const variantTexts = [...variants].map(([name, count]) => `${name} ${grouped(count)}`).join(', ');
  const rows = KINDS.filter((kind) => effects.has(kind)).map(
    (kind) => `${kind} ${grouped(effects.get(kind)!)}`,
  );
  return `${INTRODUCTION}

\`npm run proof:long\`, commit ${commit}: **${grouped(totals.seeds)} seeds, ${totals.failed} failed**: no row lost, doubled, invented or wrong. They are
${grouped(Math.round(totals.simulatedMs / DAY))} simulated days, ${grouped(totals.events)} events and ${grouped(totals.requests)} requests in ${grouped(Math.round(seconds))} s of real time; of them by variant: ${variantTexts}.

${grouped(faults)} faults had an effect. All ${KINDS.length} kinds of \`tests/simulation/faultKinds.ts\` are planned; ${unused.length === 0 ? 'each had an effect' : `without effect in this run: ${unused.join(', ')}`}. By kind: ${rows.join(', ')}.

${FOUND}

${NOT_COVERED}`;
}

/** Which of the faults that were put back were noticed. */
export function mutationSection(checked: readonly CheckedMutation[], commit: string): string {
  const ordered = [...checked].sort((one, other) => rankOf(one) - rankOf(other));
  const rows = ordered.map(({ mutation: { fault, name }, found }) => {
    const kinds = [...new Set(found?.problems.map(({ kind }) => kind))].join(', ');
    return `| ${fault ?? ''} | ${name.replaceAll('-', ' ')} | ${found?.seed ?? ''} | ${kinds || 'not noticed'} |`;
  });
  const noticed = checked.filter(({ found }) => found !== null).length;
  return `\`npm run simulate:mutations\` puts faults back into the code, one at a time: those of the program before by their number in
[predecessor.md](predecessor.md), and what a simulation found here. Each has a recorded seed that notices it; \`--search\` looks for another.
Commit ${commit}: **${noticed} of ${checked.length} noticed**.

| fault | what is put back | seed | noticed as |
| --: | --- | --: | --- |
${rows.join('\n')}

${STRYKER}`;
}

function rankOf({ mutation }: CheckedMutation): number {
  return mutation.fault ?? Number.POSITIVE_INFINITY;
}

function grouped(number: number): string {
  return number.toLocaleString('en-US');
}

const INTRODUCTION = `\`npm run simulate -- --seeds 0..199\` runs the program (core, stores, request budget, lake) against a simulated exchange, network, disk and clock: one seed decides
everything, and a second run of it gives the same trace. Most seeds run the adapters of the command line, with SQLite in memory or in a file whose unsynced end a kill
destroys; every tenth runs the stream and the functions of the AWS host over a table in memory; every twentieth writes Parquet to files. An oracle that shares no code with
derivation, repair and stores says what the lake must hold in the end; two watches say on the way that nothing is settled wrongly, that \`/health\` is not \`ok\` while a
slot is late, and that no request goes beyond the limits.`;

const FOUND = `Found by it and mended, besides errors of the simulator itself: the candle of a launch within a slot was not asked for when the program started after that slot
had closed.`;

const NOT_COVERED = `Not covered: the live exchange; damage of the store in the middle of its file (\`tests/cli/storeDamage.test.ts\`); wrong clocks and a full disk on
AWS; real sockets and TLS (\`tests/processes\`); lies of history that last longer than a day ([What is promised](truth.md#what-is-promised)); rows of a symbol after its
delisting, which may be what was last seen.`;

const STRYKER = `Stryker (10.1.1, with vitest 5.1.1 on Node 24.21) is not among the packages and there is no \`npm run mutants\`. It ran only with its own reading of
\`tsconfig.json\` off, which needs the compiler interface that TypeScript 7 does not have, and in place, overwriting the sources of the tree: its copy of the tree still loads the
workspace package from the original. Tried so on \`domain/time/session.ts\` alone: 16 mutants, 16 killed, in five minutes.`;

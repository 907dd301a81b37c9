/**
 * `npm run bench [-- --peers] [name …]`: runs all benchmarks or those named, one after the other, and writes
 * their sections of benchmarks/RESULTS.md. With `--peers`, polars and DuckDB are installed from pip into a
 * temporary folder and run beside ours. `growthLong` runs only when it is named.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { aimsTable } from './aims.ts';
import type { BenchOptions, BenchResult, BenchRow } from './result.ts';

const HEADING = `# Benchmark results

Written by \`npm run bench -- --peers\`. A ratio compares two things that were measured in turn in one run; only ratios can be compared between machines.
`;

const folder = new URL('.', import.meta.url);
const results = new URL('RESULTS.md', folder);
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.bench.ts'))
  .map((name) => name.replace('.bench.ts', ''))
  .sort();
/** Takes longer than all others together. */
const NAMED_ONLY = 'growthLong';
const { values: options, positionals: chosen } = parseArgs({
  options: { peers: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const unknown = chosen.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(`bench: "${unknown.join(' ')}": expected some of ${names.join(', ')}`);
  process.exit(2);
}

const durations = new Map<string, number>();
for (const name of chosen.length > 0 ? chosen : names.filter((one) => one !== NAMED_ONLY)) {
  const from = performance.now();
  const { run } = (await import(new URL(`${name}.bench.ts`, folder).href)) as {
    run(options: BenchOptions): Promise<BenchResult>;
  };
  const result = await run(options);
  const seconds = (performance.now() - from) / 1000;
  durations.set(name, seconds);
  const section = sectionOf(result, seconds);
  console.log(section);
  // Read again for each section, because another run may have written one meanwhile.
  const sections = readSections().set(name, section);
  const ordered = names.flatMap((known) => sections.get(known) ?? []);
  writeFileSync(results, [HEADING, aimsTable(sections), ...ordered].join('\n'));
}
for (const [name, one] of durations) console.log(`${name.padEnd(12)} ${one.toFixed(1).padStart(6)} s`);
const total = [...durations.values()].reduce((sum, one) => sum + one, 0);
console.log(`${'together'.padEnd(12)} ${total.toFixed(1).padStart(6)} s`);

/** The sections in the file by benchmark; a title begins with its name. */
function readSections(): Map<string, string> {
  const known = existsSync(results)
    ? readFileSync(results, 'utf8')
        .split(/^(?=## )/m)
        .slice(1)
    : [];
  return new Map(known.map((section) => [/^## (\w+)/.exec(section)?.[1] ?? '', `${section.trimEnd()}\n`]));
}

function sectionOf({ name, aim, rows, note }: BenchResult, seconds: number): string {
  const table = ['| what | value |', '|---|---|', ...rows.map((row) => `| ${row.label} | ${shown(row)} |`)];
  return [
    `## ${name}`,
    '',
    `Aim: ${aim}.`,
    '',
    ...table,
    ...(note ? ['', `${note}.`] : []),
    '',
    `${origin()} Took ${rounded(seconds)} s.`,
    '',
  ].join('\n');
}

function origin(): string {
  const git = (...words: string[]) => execFileSync('git', words, { encoding: 'utf8' }).trim();
  const code = ['--', 'packages', 'benchmarks/*.ts'];
  const changed = git('status', '--porcelain', '--untracked-files=no', ...code) ? ' with changes' : '';
  const cores = cpus();
  return `Commit ${git('rev-parse', '--short', 'HEAD')}${changed}, Node ${process.versions.node}, ${cores.length} cores (${cores[0]?.model.trim()}).`;
}

function shown({ ratio, value, unit, text }: BenchRow): string {
  if (text !== undefined) return text;
  const texts = [];
  if (ratio !== undefined) texts.push(`${ratio.toFixed(2)} ×`);
  if (value !== undefined) texts.push(`${rounded(value)}${unit ? ` ${unit}` : ''}`);
  return texts.join(', ');
}

/** At least three significant digits, without an exponent. */
function rounded(value: number): string {
  return Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

/** `npm run bench [-- name …]`: runs the benchmarks one after the other and writes benchmarks/RESULTS.md. Named ones alone are only printed. */
import { execFileSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import type { BenchResult, BenchRow } from './result.ts';

const folder = new URL('.', import.meta.url);
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.bench.ts'))
  .map((name) => name.replace('.bench.ts', ''))
  .sort();
const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(`bench: "${unknown.join(' ')}": expected some of ${names.join(', ')}`);
  process.exit(2);
}

const sections: string[] = [];
for (const name of chosen.length > 0 ? chosen : names) {
  const { run } = (await import(new URL(`${name}.bench.ts`, folder).href)) as { run(): Promise<BenchResult> };
  const section = sectionOf(await run());
  console.log(section);
  sections.push(section);
}
if (chosen.length === 0) writeFileSync(new URL('RESULTS.md', folder), [heading(), ...sections].join('\n'));

function heading(): string {
  const git = (...words: string[]) => execFileSync('git', words, { encoding: 'utf8' }).trim();
  const changed = git('status', '--porcelain', '--untracked-files=no')
    ? ', with changes that are not committed'
    : '';
  const cores = cpus();
  return `# Benchmark results

Written by \`npm run bench\` at commit ${git('rev-parse', '--short', 'HEAD')}${changed}; Node ${process.versions.node}, ${cores.length} cores
(${cores[0]?.model.trim()}). A ratio compares two things that were measured in turn in one run; only ratios travel to other machines.
`;
}

function sectionOf({ name, aim, rows, note }: BenchResult): string {
  const table = ['| what | value |', '|---|---|', ...rows.map((row) => `| ${row.label} | ${shown(row)} |`)];
  return [`## ${name}`, '', `Aim: ${aim}.`, '', ...table, ...(note ? ['', note] : []), ''].join('\n');
}

function shown({ ratio, value, unit }: BenchRow): string {
  const texts = [];
  if (ratio !== undefined) texts.push(`${ratio.toFixed(2)} ×`);
  if (value !== undefined) texts.push(`${value.toPrecision(3)}${unit ? ` ${unit}` : ''}`);
  return texts.join(', ');
}

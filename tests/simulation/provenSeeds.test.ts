import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Problem } from './oracle/compareLakes.ts';
import { keepSeed, keptSeeds } from './provenSeeds.ts';
import { variantOf } from './variants.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'candlelake-proven-'));
  path = join(folder, 'proof.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true }));

const run = { commit: 'abc1234', code: 'one', cpuMs: 5 };

function resultOf(seed: number, problems: readonly Problem[] = []) {
  const effects = new Map([['ban-418', 3] as const]);
  return { seed, variant: variantOf(seed), problems, events: 7, requests: 2, simulatedMs: 60_000, effects };
}

it('reads the seeds that were kept, of the same code only', () => {
  keepSeed(path, { ...run, result: resultOf(1) });
  keepSeed(path, { ...run, code: 'other', result: resultOf(2) });
  expect([...keptSeeds(path, 'one').values()]).toEqual([{ ...run, result: resultOf(1) }]);
});

it('counts the last run of a seed', () => {
  keepSeed(path, { ...run, result: resultOf(1, [{ kind: 'lost', detail: 'a row' }]) });
  keepSeed(path, { ...run, commit: 'def5678', result: resultOf(1) });
  expect([...keptSeeds(path, 'one').values()]).toEqual([{ ...run, commit: 'def5678', result: resultOf(1) }]);
});

it('leaves out a line that a killed run has begun, and reads those around it', () => {
  keepSeed(path, { ...run, result: resultOf(1) });
  appendFileSync(path, '\n{"commit":"abc1234","code":"one","result":{"effects":{}');
  keepSeed(path, { ...run, result: resultOf(3) });
  expect([...keptSeeds(path, 'one').keys()]).toEqual([1, 3]);
});

it('has no seed without the file', () => {
  expect(keptSeeds(path, 'one').size).toBe(0);
});

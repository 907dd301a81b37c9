import { beforeAll, describe, expect, it } from 'vitest';
import type { LakeRow } from './machine/rowEncoder.ts';
import { compareLakes } from './oracle/compareLakes.ts';
import { seedsOf, sizeOf } from './seedRange.ts';
import { shrinkFaults } from './shrink.ts';
import { type SimulationResult, simulate } from './simulate.ts';

describe('a simulated seed', () => {
  const options = { seed: 23, days: 0.25, symbols: 2 };
  let lines: string[] = [];
  let result: SimulationResult;

  beforeAll(async () => {
    lines = [];
    result = await simulate({ ...options, onEvent: (line) => lines.push(line) });
  });

  it('ends with the lake that its books demand', () => {
    expect(result.problems).toEqual([]);
    expect(result.effects.size, 'faults that had an effect').toBeGreaterThan(0);
  });

  it('runs the same way twice', async () => {
    const again: string[] = [];
    const second = await simulate({ ...options, onEvent: (line) => again.push(line) });
    expect(again).toEqual(lines);
    expect(second.traceHash).toBe(result.traceHash);
  });

  it.each([
    ['on the AWS host', 19],
    ['with a store in a file', 13],
    ['with Parquet files', 44],
  ])(
    'runs the same way twice %s',
    async (_, seed) => {
      const small = { seed, days: 0.1, symbols: 1 };
      const first = await simulate(small);
      expect(first.problems).toEqual([]);
      expect((await simulate(small)).traceHash).toBe(first.traceHash);
    },
    180_000,
  );

  it('runs another way with another seed', async () => {
    expect((await simulate({ ...options, seed: 8 })).traceHash).not.toBe(result.traceHash);
  });
});

describe('the size of a run', () => {
  it('is read from texts', () => {
    expect(seedsOf('7')).toEqual([7]);
    expect(seedsOf('3..5')).toEqual([3, 4, 5]);
    expect(seedsOf('3..5,9,7..8')).toEqual([3, 4, 5, 9, 7, 8]);
    expect(sizeOf({ days: '0.5', symbols: '3' })).toEqual({ days: 0.5, symbols: 3 });
  });

  it.each(['', 'x', '5..2', '1..', '-1', '1,', '1,,2', '1, 2'])('has no seeds "%s"', (text) => {
    expect(() => seedsOf(text)).toThrow(`--seeds "${text}": expected numbers`);
  });

  it.each([
    [{ days: 'x', symbols: '1' }, '--days "x"'],
    [{ days: '0', symbols: '1' }, '--days "0"'],
    [{ days: '1', symbols: '7' }, '--symbols "7"'],
    [{ days: '1', symbols: '' }, '--symbols ""'],
  ])('is not %j', (size, message) => {
    expect(() => sizeOf(size)).toThrow(message);
  });
});

describe('the comparison of lakes', () => {
  const row = (minute: number, close = 1): LakeRow => ({
    symbol: 'AAA-USDT',
    open_time: minute * 60_000,
    close,
  });
  const kindsOf = (expected: readonly LakeRow[], found: readonly LakeRow[]) =>
    compareLakes(new Map([['a', expected]]), new Map([['a', found]])).map(({ kind }) => kind);

  it.each([
    ['nothing', [row(0), row(3)], []],
    ['a row that is missing', [row(0)], ['lost']],
    ['a row too many', [row(0), row(3), row(6)], ['invented']],
    ['a row twice', [row(0), row(3), row(3)], ['duplicated']],
    ['another value', [row(0), row(3, 2)], ['wrong']],
    ['another order', [row(3), row(0)], ['wrong']],
  ])('finds %s', (_, found, kinds) => {
    expect(kindsOf([row(0), row(3)], found)).toEqual(kinds);
  });

  it('finds an object that is not expected, or not there', () => {
    const lake = new Map([['a', [row(0)]]]);
    expect(compareLakes(lake, new Map())).toMatchObject([{ kind: 'lost' }]);
    expect(compareLakes(new Map(), lake)).toMatchObject([{ kind: 'invented' }]);
  });
});

describe('the search for the faults that a failure needs', () => {
  const places = Array.from({ length: 20 }, (_, place) => place);

  it.each([[[7]], [[3, 18]], [[0, 9, 19]]])('finds %j among twenty', async (needed) => {
    const fails = async (only: readonly number[]) => needed.every((place) => only.includes(place));
    expect(await shrinkFaults(places, fails)).toEqual(needed);
  });

  it('finds that none is needed', async () => {
    expect(await shrinkFaults(places, async () => true)).toEqual([]);
  });
});

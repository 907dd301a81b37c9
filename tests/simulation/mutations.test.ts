import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { applyMutation } from './applyMutation.ts';
import { MUTATIONS } from './mutations.ts';
import { createSeedPool } from './seedPool.ts';
import { DEFAULT_SIZE } from './seedRange.ts';

const CORE = join(import.meta.dirname, '../../packages/core/src');

describe('the faults that are put back', () => {
  it.each(MUTATIONS.map((mutation) => [mutation.name, mutation] as const))(
    '%s changes code that is there, once',
    (_, { changes }) => {
      for (const { file, from, to } of changes) {
        expect(readFileSync(join(CORE, file), 'utf8').split(from), `${file}: ${from}`).toHaveLength(2);
        expect(to).not.toBe(from);
      }
    },
  );

  it('are at least twelve of the program before', () => {
    const faults = new Set(MUTATIONS.flatMap(({ fault }) => fault ?? []));
    expect(faults.size).toBeGreaterThanOrEqual(12);
  });

  it('have names that are known', () => {
    expect(() => applyMutation('no-such')).toThrow(
      'mutation "no-such": expected one of open-candle-is-final',
    );
  });
});

// `npm run simulate:mutations` runs all of them; this one holds the way there.
it('a simulation with a fault put back finds it', async () => {
  const { name, seed } = MUTATIONS.find((mutation) => mutation.fault === 36)!;
  const pool = createSeedPool(1, name);
  try {
    const { problems } = await pool.run({ seed, ...DEFAULT_SIZE });
    expect(problems.map(({ kind }) => kind)).toContain('duplicated');
  } finally {
    await pool.close();
  }
});

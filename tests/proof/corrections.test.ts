import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMemoryStore } from '@candlelake/core';
import { describe, expect, test } from 'vitest';
import { openSqliteStore } from '../../packages/cli/src/adapters/sqliteStore.ts';
import { encodeRows } from '../simulation/machine/rowEncoder.ts';
import { encode } from '../support/encoder.ts';
import { runCorrections } from './corrections.ts';

/** `npm run proof:corrections` makes a thousand. */
describe('candles revised at random up to 90 days back', () => {
  const grid = { interval: '1h', timeframes: [120, 420] } as const;
  const now = () => Date.UTC(2026, 11, 1);

  test('leave the lake that is built anew, and derive the days that change and no other', async () => {
    const store = createMemoryStore({ now });
    const figures = await runCorrections({ ...grid, store, encode: encodeRows, count: 60, seed: 1 });
    expect(figures.failures).toEqual([]);
    for (const count of Object.values(figures.byKind)) expect(count).toBeGreaterThan(0);
    expect(figures.derivedDays).toBeGreaterThan(figures.revisions);
  });

  test('do so in the embedded store and in the bytes of Parquet', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'candlelake-corrections-'));
    const store = openSqliteStore(join(folder, 'candles.sqlite'), { now });
    try {
      const figures = await runCorrections({ ...grid, store, encode, count: 6, seed: 2 });
      expect(figures.failures).toEqual([]);
      expect(figures.revisions).toBe(6);
    } finally {
      store.close();
      rmSync(folder, { recursive: true });
    }
  });
});

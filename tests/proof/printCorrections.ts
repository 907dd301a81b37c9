/**
 * `npm run proof:corrections -- --count 1000`: revises 3m candles of two symbols at random, up to 90 days back, derives,
 * and compares the lake with one that is built anew: as rows with the store in memory, then a twentieth as many as
 * Parquet with the embedded store. Ends with 1 when a byte differs or a day was derived that need not be.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createMemoryStore } from '@candlelake/core';
import { openSqliteStore } from '../../packages/cli/src/adapters/sqliteStore.ts';
import { encodeRows } from '../simulation/machine/rowEncoder.ts';
import { encode } from '../support/encoder.ts';
import { type CorrectionsFigures, runCorrections } from './corrections.ts';

const { values } = parseArgs({
  options: { count: { type: 'string', default: '1000' }, seed: { type: 'string', default: '1' } },
});
const count = Number(values.count);
const seed = Number(values.seed);
const grid = { interval: '3m', timeframes: [21] } as const;
const now = () => Date.UTC(2026, 11, 1);
let failed = 0;

function print(name: string, { failures, byKind, ...figures }: CorrectionsFigures): void {
  for (const failure of failures.slice(0, 20)) console.error(failure);
  failed += failures.length;
  const kinds = Object.entries(byKind).map(([kind, times]) => `${times} ${kind}`);
  const { revisions, comparisons, derivedDays, changedDays } = figures;
  console.log(
    `${name}: ${revisions} revisions (${kinds.join(', ')}) in ${comparisons} writes: ${derivedDays} days derived, ${changedDays} of them changed; ${failures.length} faults`,
  );
}

const memory = createMemoryStore({ now });
print('memory, rows', await runCorrections({ ...grid, seed, count, store: memory, encode: encodeRows }));
const folder = mkdtempSync(join(tmpdir(), 'candlelake-corrections-'));
const store = openSqliteStore(join(folder, 'candles.sqlite'), { now });
try {
  const few = Math.ceil(count / 20);
  print('SQLite, Parquet', await runCorrections({ ...grid, seed: seed + 1, count: few, store, encode }));
} finally {
  store.close();
  rmSync(folder, { recursive: true });
}
process.exitCode = failed > 0 ? 1 : 0;

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { LAKE_TABLES } from '@candlelake/core';
import { createColumnEncoder } from '@candlelake/core/encode';
import { parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { createEncoderPool } from '../packages/cli/src/adapters/encoderPool.ts';
import { WASM_FILE } from '../tests/support/encoder.ts';
import { bestOf } from './bestOf.ts';
import { DAYS, deriveTables } from './daily.bench.ts';
import { installPeers, PEERS } from './peers.ts';
import { daysOf, walkCandles } from './randomWalk.ts';
import type { BenchOptions, BenchResult, BenchRow } from './result.ts';

const ROUNDS = 3;
const NAMES = { polars: 'polars', duckdb: 'DuckDB' } as const;
const COLUMNS = ['open_time', 'open', 'high', 'low', 'close', 'volume'] as const;
/** Sums of doubles in another order differ in the last bits. */
const TOLERANCE = 1e-9;

/** From candles in memory to one Parquet file of bars for each day on the disk, beside polars and DuckDB. */
export async function run({ peers: isAsked }: BenchOptions): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), 'candlelake-files-'));
  try {
    const days = daysOf(walkCandles(DAYS));
    const pool = createEncoderPool({ threads: availableParallelism() });
    const ours = join(folder, 'candlelake');
    const [ms] = await bestOf(ROUNDS, [
      async () => {
        rmSync(ours, { recursive: true, force: true });
        mkdirSync(ours);
        const writes = deriveTables(days, async (table, day) => {
          const place = join(ours, `day=${day}`);
          mkdirSync(place);
          writeFileSync(join(place, 'bars.parquet'), await pool.encode(table));
        });
        await Promise.all(writes);
      },
    ]);
    await pool.stop();
    const own = { label: 'candlelake', value: ms!, unit: 'ms' };
    const rows = await peerRows(folder, { isAsked, ms: ms! });
    return {
      name: 'files: candles in memory to five years of daily Parquet files on disk',
      aim: 'at most 1.2 times polars, which uses both cores',
      rows: [own, ...rows],
      note:
        `${DAYS * 480} candles, ${DAYS} files of 20 columns with zstd, without fsync, encoded in a thread for each core; best of ${ROUNDS}; ` +
        'the ratio of a peer is our time divided by its own; bars of 20 days of each peer were compared with ours',
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function peerRows(
  folder: string,
  { isAsked, ms }: { readonly isAsked: boolean; readonly ms: number },
): Promise<readonly BenchRow[]> {
  const runPeer = isAsked ? await installPeers(folder) : null;
  if (!runPeer) {
    const text = isAsked ? 'not run: no Python, or pip does not answer' : 'not run: needs --peers';
    return PEERS.map((peer) => ({ label: NAMES[peer], text }));
  }
  const candles = join(folder, 'candles.parquet');
  writeFileSync(candles, encodeCandles());
  const rows: BenchRow[] = [];
  for (const peer of PEERS) {
    const place = join(folder, peer);
    const value = await runPeer(peer, { candles, folder: place, rounds: ROUNDS });
    await assertSame(join(folder, 'candlelake'), place);
    rows.push({ label: NAMES[peer], ratio: ms / value, value, unit: 'ms' });
  }
  return rows;
}

function encodeCandles(): Uint8Array {
  const input = walkCandles(DAYS);
  const definitions = COLUMNS.map((name) => ({
    name,
    type: name === 'open_time' ? ('timestamp' as const) : ('double' as const),
    nullable: false,
  }));
  const columns = { ...input, open_time: input.openTime };
  const rows = Object.fromEntries(COLUMNS.map((name) => [name, columns[name]]));
  return createColumnEncoder(readFileSync(WASM_FILE))(definitions, {
    length: input.openTime.length,
    columns: rows,
  });
}

/** Throws unless both folders hold the same bars, on every 96th day and the last one. */
async function assertSame(ours: string, theirs: string): Promise<void> {
  const days = readdirSync(ours).sort();
  assert.deepEqual(readdirSync(theirs).sort(), days);
  for (const day of days.filter((_, index) => index % 96 === 0 || index === days.length - 1)) {
    const [own, other] = [await readBars(join(ours, day)), await readBars(join(theirs, day))];
    assert.equal(other.length, own.length);
    for (const [row, bar] of own.entries())
      for (const { name } of LAKE_TABLES.bars)
        assertEqual(other[row]![name], bar[name], `${day} ${row} ${name}`);
  }
}

function assertEqual(found: unknown, expected: unknown, place: string): void {
  if (typeof expected === 'number' && typeof found === 'number')
    assert.ok(
      Math.abs(found - expected) <= TOLERANCE * Math.abs(expected),
      `${place}: ${found}, ${expected}`,
    );
  else assert.deepEqual(found ?? null, expected ?? null, place);
}

async function readBars(folder: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const [name] = readdirSync(folder);
  const { buffer } = Uint8Array.from(readFileSync(join(folder, name!)));
  return parquetReadObjects({ file: buffer, compressors });
}

import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Candle, mergeKey } from '@candlelake/core';
import { openSqliteStore } from '../../packages/cli/src/adapters/sqliteStore.ts';
import { startProgram, temporaryFolder } from '../cli/program.ts';
import { simulatedClock, startStandIn } from './standIn.ts';

export interface KillOutcome {
  /**
   * Candles that were in the store after a kill, and that are missing or have an older record at the end.
   */
  readonly lost: readonly string[];
  /** Candles found after the kills, over all rounds. */
  readonly seen: number;
  /** Objects of the two lakes by path. */
  readonly killedLake: ReadonlyMap<string, Buffer>;
  readonly wholeLake: ReadonlyMap<string, Buffer>;
  readonly exitCodes: readonly (number | null)[];
}

/** Shortly before midnight, so that the kills fall around the 12-minute bar and the change of the day. */
const START = Date.UTC(2026, 10, 21, 23, 30);
/** A day of each of the two symbols. */
export const HISTORY_SLOTS = 2 * 480;
const POLL_MS = 50;
const MINUTE = 60_000;
const SYMBOLS = 'BTC-USDT,ETH-USDT';

/**
 * Runs `candlelake stream --until` twice against one exchange on one fast clock: once without interruption,
 * once killed with SIGKILL at `rounds` random moments and started again. Both end at the same instant.
 */
export async function killRounds({
  rounds,
  speed,
  untilMinutes,
  random,
}: {
  readonly rounds: number;
  readonly speed: number;
  readonly untilMinutes: number;
  readonly random: () => number;
}): Promise<KillOutcome> {
  const folder = temporaryFolder();
  const clock = simulatedClock(START, speed);
  const exchange = await startStandIn(['--symbol', SYMBOLS, '--no-rate-limit'], clock);
  const until = new Date(START + untilMinutes * MINUTE).toISOString();
  const shape = ['--symbol', SYMBOLS, '--history-days', '1', '--timeframe', '21m,3m', '--until', until];
  const start = (output: string) =>
    startProgram(['stream', ...shape, '--output', join(folder, output), ...exchange.flags], clock);
  try {
    const whole = start('whole');
    const found = new Map<string, string>();
    for (let round = 0; round < rounds; round++) {
      const killed = start('killed');
      await killed.line(/health at/);
      // Without any candle a kill loses none: the last round waits for some, however busy the machine is.
      const isLast = round === rounds - 1;
      while (isLast && (await storedKeys(join(folder, 'killed', 'candles.sqlite'))).size <= HISTORY_SLOTS)
        await pause(POLL_MS);
      await pause(random() * 4000);
      killed.process.kill('SIGKILL');
      await killed.ended;
      for (const [slot, key] of await storedKeys(join(folder, 'killed', 'candles.sqlite'))) {
        if (key > (found.get(slot) ?? '')) found.set(slot, key);
      }
    }
    const last = start('killed');
    const exitCodes = (await Promise.all([whole.ended, last.ended])).map(({ code }) => code);
    const final = await storedKeys(join(folder, 'killed', 'candles.sqlite'));
    const lost = [...found].filter(([slot, key]) => (final.get(slot) ?? '') < key).map(([slot]) => slot);
    return {
      lost,
      seen: found.size,
      exitCodes,
      killedLake: lakeOf(join(folder, 'killed', 'parquet')),
      wholeLake: lakeOf(join(folder, 'whole', 'parquet')),
    };
  } finally {
    await exchange.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function storedKeys(path: string): Promise<ReadonlyMap<string, string>> {
  const store = openSqliteStore(path, { now: Date.now });
  const keys = new Map<string, string>();
  for (const series of await store.listSeries()) {
    for (let day = START - 3 * 1440 * MINUTE; day < START + 3 * 1440 * MINUTE; day += 1440 * MINUTE) {
      const { candles } = await store.readDay(series, Math.floor(day / (1440 * MINUTE)) * 1440 * MINUTE);
      for (const candle of candles)
        keys.set(`${series.symbol} ${candle.openTime}`, mergeKey(candle as Candle));
    }
  }
  store.close();
  return keys;
}

function lakeOf(folder: string): ReadonlyMap<string, Buffer> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const paths = entries.map((entry) => join(entry.parentPath, entry.name)).sort();
  return new Map(paths.map((path) => [relative(folder, path), readFileSync(path)]));
}

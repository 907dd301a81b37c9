import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StoreDamagedError } from '../../packages/cli/src/adapters/sqliteErrors.ts';
import { checkStoreFile } from '../../packages/cli/src/adapters/sqliteReadOnly.ts';
import { openSqliteStore } from '../../packages/cli/src/adapters/sqliteStore.ts';
import { BTC, DAY, FRIDAY, makeCandle, SETTINGS, SLOT } from '../contracts/storeFixture.ts';
import { createSeededRandom } from '../support/seededRandom.ts';
import { runInProcess } from './inProcess.ts';
import { createLakeFolder, FACTS, type LakeFolder, patience } from './lakeFolder.ts';
import { ROOT, temporaryFolder } from './program.ts';
import { simulate } from './simulation.ts';

const CANDLES = Array.from({ length: 960 }, (_, slot) => makeCandle(FRIDAY + slot * SLOT));

/** A closed store with two days of candles. */
async function writeStore(): Promise<string> {
  const path = join(temporaryFolder(), 'candles.sqlite');
  const store = openSqliteStore(path, { now: Date.now });
  await store.writeSettings(SETTINGS);
  await store.merge([{ series: BTC, candles: CANDLES }]);
  await store.advanceAsOf(FRIDAY + 2 * DAY);
  store.close();
  return path;
}

/** Opens a store as the commands do, reads all of it and writes a candle. */
async function use(path: string): Promise<void> {
  checkStoreFile(path);
  const store = openSqliteStore(path, { now: Date.now });
  try {
    await store.readSettings();
    await store.listSeries();
    await store.readAsOf();
    await store.dirtyDays();
    for (const day of [FRIDAY, FRIDAY + DAY]) await store.readDay(BTC, day);
    await store.merge([{ series: BTC, candles: [makeCandle(FRIDAY + 2 * DAY)] }]);
  } finally {
    store.close();
  }
}

describe('a store with flipped bits', () => {
  it('is used, or refused in one line that says what is damaged and what to do, for every flip', async () => {
    const original = readFileSync(await writeStore());
    const path = join(temporaryFolder(), 'candles.sqlite');
    const random = createSeededRandom(25);
    let damaged = 0;
    for (let round = 0; round < 300; round++) {
      const bytes = Buffer.from(original);
      for (let flips = 0; flips < 3; flips++) {
        bytes[Math.floor(random() * bytes.length)]! ^= 1 << Math.floor(random() * 8);
      }
      writeFileSync(path, bytes);
      const error = await use(path).catch((reason) => reason);
      if (error === undefined) continue;
      expect(error.message).not.toContain('\n');
      expect(error.message, `round ${round}`).toMatch(
        /^store ".+" is damaged \(.+\) and is not written any more; restore it from a copy, or make a new one from the lake and history with "candlelake repair --output .+ --rebuild-store"$|is not a database; expected a candlelake store/,
      );
      damaged += 1;
    }
    expect(damaged).toBeGreaterThan(100);
  });

  it('is not changed when the check at the start finds the damage', async () => {
    const path = await writeStore();
    const bytes = readFileSync(path);
    // The type of a b-tree page: https://sqlite.org/fileformat.html, "B-tree Pages". No page has type 0xff.
    bytes[bytes.length - 4_096] = 0xff;
    writeFileSync(path, bytes);
    await expect(use(path)).rejects.toThrow(StoreDamagedError);
    expect(readFileSync(path).equals(bytes)).toBe(true);
  });

  it('is not written after a damaged value was read', async () => {
    const path = await writeStore();
    damageCandle(path, FRIDAY);
    const store = openSqliteStore(path, { now: Date.now });
    await expect(store.readDay(BTC, FRIDAY)).rejects.toThrow('is damaged (candle [');
    await expect(store.advanceAsOf(FRIDAY + 3 * DAY)).rejects.toThrow(StoreDamagedError);
    store.close();
  });
});

/** Puts a text that is no number into the candle of a slot. */
function damageCandle(path: string, openTime: number): void {
  const database = new DatabaseSync(path);
  database.prepare("UPDATE candles SET close = '1z0.5' WHERE open_time = ?").run(openTime);
  database.close();
}

const WRITERS = ['stream', 'backfill', 'import'];

/** Runs a command that writes, in the output folder of a simulation that `prepare` fills. */
async function runWriter(command: string, prepare: (output: string) => Promise<void>) {
  const simulated = await simulate({ from: Date.UTC(2026, 10, 20, 6, 1) });
  await prepare(simulated.output);
  const rest = simulated.flags.slice(0, 4);
  const file = join(ROOT, 'tests/fixtures/bingx/btc-usdt-3m-closed.csv');
  const words = {
    // Ends by itself if the damage is not refused.
    stream: ['stream', ...simulated.flags, '--for', '5s'],
    backfill: ['backfill', ...rest, '--from', '2026-11-18'],
    import: ['import', file, '--symbol', 'BTC-USDT', '--output', simulated.output],
  }[command]!;
  const { code, stderr } = await runInProcess(words, simulated.variables);
  await simulated.exchange.close();
  return { code, stderr, output: simulated.output };
}

describe('the commands on a damaged store', () => {
  it.each(WRITERS)('%s ends with 1 and one line, and changes nothing', async (command) => {
    const source = readFileSync(await writeStore());
    const bytes = source.fill(0xff, source.length - 4_096);
    const { code, stderr, output } = await runWriter(command, async (folder) =>
      writeFileSync(join(folder, 'candles.sqlite'), bytes),
    );
    expect(stderr).toMatch(
      /^error: store ".+candles\.sqlite" is damaged \(quick_check: .+\) and is not [^\n]+\n$/,
    );
    expect(code).toBe(1);
    expect(readFileSync(join(output, 'candles.sqlite')).equals(bytes)).toBe(true);
  });
});

describe('the commands on a lake whose store is gone', () => {
  it.each(WRITERS)('%s ends with 1 and one line, and makes no new store', async (command) => {
    const { code, stderr, output } = await runWriter(command, async (folder) => {
      mkdirSync(join(folder, 'parquet', 'candles'), { recursive: true });
    });
    expect(stderr).toMatch(
      /^error: store ".+candles\.sqlite" is gone, its lake in ".+parquet" is there; [^\n]+ --rebuild-store"\n$/,
    );
    expect(code).toBe(1);
    expect(existsSync(join(output, 'candles.sqlite'))).toBe(false);
  });
});

describe('damage that the lake worker finds', () => {
  let folder: LakeFolder;
  beforeEach(async () => {
    folder = await createLakeFolder();
  });
  afterEach(() => folder.remove());

  it('ends the thread, and with it the command', async () => {
    const thread = folder.start();
    await folder.store.merge(FACTS);
    damageCandle(join(folder.path, 'candles.sqlite'), FACTS[0]!.candles[0]!.openTime);
    await expect(thread.flush(patience())).rejects.toThrow('is damaged (candle [');
    await expect(thread.ended).rejects.toThrow('is damaged (candle [');
  });
});

import { createHash } from 'node:crypto';
import {
  type CandleStore,
  type EncodeTable,
  LAKE_SCHEMA_VERSION,
  type LakeSettings,
  swapSeries,
} from '@candlelake/core';
import { createSeededRandom } from '../support/seededRandom.ts';
import { compareLakes, type Problem } from './compareLakes.ts';
import { createDiskObjects } from './diskObjects.ts';
import { createActiveFaults, type Fault, type FaultKind } from './faults.ts';
import { watchHealth } from './healthWatch.ts';
import { Machine } from './machine.ts';
import { openMachineStore } from './machineStore.ts';
import { expectedLake } from './oracle.ts';
import { decodeRows, encodeRows, type LakeRow } from './rowEncoder.ts';
import { drawScenario, type Scenario } from './scenario.ts';
import { createVirtualTime } from './virtualTime.ts';

export interface SimulationOptions {
  readonly seed: number;
  readonly days: number;
  readonly symbols: number;
  /** Only these faults of the plan, by place; all when left out. */
  readonly only?: readonly number[];
  readonly without?: readonly FaultKind[];
  /** Bytes of a table and back; JSON rows when left out. */
  readonly format?: LakeFormat;
  /** Called with each event of the program and the machine. */
  readonly onEvent?: (line: string) => void;
}

interface LakeFormat {
  readonly encode: EncodeTable;
  readonly decode: (bytes: Uint8Array) => readonly LakeRow[] | Promise<readonly LakeRow[]>;
}

export interface SimulationResult {
  readonly seed: number;
  readonly problems: readonly Problem[];
  /** Two runs of one seed have the same. */
  readonly traceHash: string;
  readonly events: number;
  readonly simulatedMs: number;
  readonly faults: readonly Fault[];
  /** How often each fault had an effect. */
  readonly counts: ReadonlyMap<string, number>;
}

const ROWS: LakeFormat = { encode: encodeRows, decode: decodeRows };
const PERIODS = { maShort: 3, maLong: 7, atr: 14 };

/** Runs the schedule of one seed to its end and compares the lake with the exchange's books. */
export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  const { seed, format = ROWS, only } = options;
  const scenario = drawScenario({ ...options, random: createSeededRandom(seed) });
  const faults = only ? scenario.faults.filter((_, place) => only.includes(place)) : scenario.faults;
  // Numbers of their own: leaving a fault out must not change the draws of the others.
  const random = createSeededRandom(seed ^ 0x5eed);
  const time = createVirtualTime(scenario.start, random);
  const trace = createHash('sha256');
  const counts = new Map<string, number>();
  const note = (event: string) => {
    const line = `${new Date(time.now()).toISOString()} ${event}`;
    trace.update(`${line}\n`);
    options.onEvent?.(line);
  };
  const active = createActiveFaults(faults);
  const books = new Map(scenario.books.map((book) => [book.symbol, book]));
  const settings = settingsOf(scenario);
  const objects = createDiskObjects();
  const store = openMachineStore(seed);
  const problems: Problem[] = [];
  const machine = new Machine({
    ...{ time, faults, active, objects, settings, note, counts },
    wall: { errorMs: 0 },
    exchange: {
      ...{ time, random, faults: active, books, note, counts },
      intervalMs: scenario.intervalMs,
      intervalName: scenario.interval,
    },
    openStore: store.open,
    onKilled: store.onKilled,
    encode: format.encode,
    collector: {
      symbols: [...books.keys()],
      interval: scenario.interval,
      historyDays: scenario.historyDays,
      backfill: true,
      gapFill: true,
      until: null,
    },
    report: ({ level, kind, message }) => note(`${level} ${kind} ${message}`),
  });
  machine.start();
  const watch = watchHealth({ time, machine, scenario, active, store: store.current, problems });
  await time.runUntil(scenario.end);
  watch.stop();
  const stopping = machine.stop();
  await time.runUntil(scenario.end + 60_000);
  const failure = await Promise.race([stopping, Promise.resolve('the program did not stop within a minute')]);
  if (failure) problems.push({ kind: 'failed', detail: String(failure) });
  const asOf = await store.current().readAsOf();
  problems.push(...(await checkLake(scenario, { asOf, objects, format })));
  problems.push(...(await checkDelisted(scenario, store.current())));
  for (const { path } of await objects.list()) trace.update(path).update((await objects.read(path))!);
  store.close();
  return {
    seed,
    problems,
    traceHash: trace.digest('hex').slice(0, 16),
    events: time.tasks,
    simulatedMs: scenario.end - scenario.start,
    faults,
    counts,
  };
}

function settingsOf({ interval, timeframes }: Scenario): LakeSettings {
  return {
    schemaVersion: LAKE_SCHEMA_VERSION,
    interval,
    timeframes,
    periods: PERIODS,
    writeMa: true,
    writeAtr: true,
    skipPartial: false,
  };
}

interface Outcome {
  readonly asOf: number;
  readonly objects: ReturnType<typeof createDiskObjects>;
  readonly format: LakeFormat;
}

async function checkLake(
  scenario: Scenario,
  { asOf, objects, format }: Outcome,
): Promise<readonly Problem[]> {
  const { intervalMs, end, books, interval, windowStart, timeframes } = scenario;
  const isRecent = asOf <= end + 60_000 && asOf >= end - 2 * intervalMs;
  if (!isRecent) return [{ kind: 'late', detail: `as_of is ${new Date(asOf).toISOString()}` }];
  const expected = expectedLake({
    ...{ books, intervalMs, asOf, timeframes, periods: PERIODS },
    intervalName: interval,
    from: windowStart,
  });
  const found = new Map<string, readonly LakeRow[]>();
  const problems: Problem[] = [];
  for (const { path } of await objects.list()) {
    try {
      found.set(path, await format.decode((await objects.read(path))!));
    } catch (error) {
      problems.push({ kind: 'wrong', detail: `${path} cannot be read: ${error}` });
    }
  }
  const delisted = new Set(books.filter(({ delistedAt }) => delistedAt !== null).map(({ symbol }) => symbol));
  return [...problems, ...compareLakes(expected, found, (symbol) => !delisted.has(symbol))];
}

/** Of a symbol that left the exchange not every slot can be settled; but no candle may be made up. */
async function checkDelisted(
  { books, interval, windowStart, end }: Scenario,
  store: CandleStore,
): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  for (const book of books.filter(({ delistedAt }) => delistedAt !== null)) {
    for (let day = windowStart; day < end; day += 86_400_000) {
      for (const candle of (await store.readDay(swapSeries(book.symbol, interval), day)).candles) {
        const slot = book.slot(candle.openTime);
        const shown = [...(slot?.rows.map(({ values }) => values) ?? []), ...(slot?.updates ?? [])];
        const isShown = shown.some(
          ({ close, volume }) =>
            Number(close) === Number(candle.close) && Number(volume) === Number(candle.volume),
        );
        if (isShown) continue;
        problems.push({
          kind: 'invented',
          detail: `${book.symbol} ${new Date(candle.openTime).toISOString()}`,
        });
      }
    }
  }
  return problems;
}

import {
  createMemoryStore,
  type DerivedBars,
  type EpochMs,
  type Interval,
  intervalMs,
  LAKE_SCHEMA_VERSION,
  type LakeSettings,
} from '@candlelake/core';
import { type Bar, barsOf } from '../../packages/cli/src/output/bar.ts';
import { createBarChanges } from '../../packages/cli/src/output/barChanges.ts';
import { type Book, createBook } from '../simulation/exchange/books.ts';
import type { FaultKind } from '../simulation/faultKinds.ts';
import { createActiveFaults, planFaults } from '../simulation/faults.ts';
import { startProcess } from '../simulation/machine/collectorProcess.ts';
import { createDiskObjects } from '../simulation/machine/diskObjects.ts';
import type { DiskObjects } from '../simulation/machine/host.ts';
import { createProcessClock } from '../simulation/machine/processClock.ts';
import { createRequestWatch } from '../simulation/oracle/requestWatch.ts';
import { createVirtualTime } from '../simulation/virtualTime.ts';
import { encode } from '../support/encoder.ts';
import { createSeededRandom } from '../support/seededRandom.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

export const INTERVAL: Interval = '15m';
export const TIMEFRAME_MINUTES = 45;
const START = Date.UTC(2026, 9, 10, 3, 7);
const FAULTS_END = START + 12 * HOUR;
/** Finals get their last look a day after their close: by then nothing changes any more. */
const END = FAULTS_END + 26 * HOUR;
const WINDOW_START = Date.UTC(2026, 9, 9);
const SYMBOLS = ['AAA-USDT', 'BBB-USDT'];

/** Faults of the exchange and its links that come one after the other; the machine works. */
const NOT_IN_USE = new Set<FaultKind>([
  ...(['clock-skew', 'clock-step', 'server-time-off', 'disk-full', 'second-process'] as const),
  ...(['process-stopped', 'process-killed', 'process-restarted', 'killed-in-effect'] as const),
  ...(['object-deleted', 'object-torn', 'object-swapped'] as const),
  ...(['unlisted-between-starts', 'damaged-between-runs'] as const),
]);

/** What a consumer saw while the program ran, and what it left behind. */
export interface LyingRun {
  readonly books: readonly Book[];
  readonly windowStart: EpochMs;
  /** Everything that closed by then is in the lake. */
  readonly asOf: EpochMs;
  readonly objects: DiskObjects;
  /** The last state of each bar that the derivations have given out. */
  readonly streamed: ReadonlyMap<string, Bar>;
  /** The last prices and counts that the terminal has shown of each bar, in lines of their own or as revisions. */
  readonly shown: ReadonlyMap<string, Bar>;
  /** Bars in the order of their first line. */
  readonly firstShown: readonly Bar[];
  readonly revisions: number;
  /** The watermark after each derivation. */
  readonly watermarks: readonly EpochMs[];
  /** Faults that had an effect, by kind. */
  readonly faults: ReadonlyMap<FaultKind, number>;
}

export function keyOf({ symbol, openTime }: Pick<Bar, 'symbol' | 'openTime'>): string {
  return `${symbol} ${new Date(openTime).toISOString()}`;
}

/** Half a day of a stream against an exchange that lies and breaks, and a day in which it does not. */
export async function runAgainstLies(seed: number): Promise<LyingRun> {
  const random = createSeededRandom(seed);
  const time = createVirtualTime(START, random);
  const books = SYMBOLS.map((symbol) => drawBook(symbol, random));
  const span = { from: START, to: FAULTS_END, perDay: 150 };
  const plan = planFaults({ ...span, symbols: SYMBOLS, variant: { host: 'local', isLong: true }, random });
  const inUse = plan.filter(({ kind }) => !NOT_IN_USE.has(kind));
  const faults = createActiveFaults(inUse, { now: time.now, random });
  const objects = createDiskObjects();
  const clock = createProcessClock(time, { errorMs: 0 });
  const store = createMemoryStore({ now: clock.now });
  const consumer = createConsumer();
  const watermarks: EpochMs[] = [];
  const process = startProcess({
    exchange: {
      ...{ time, random, faults, isGzip: false, note: () => {} },
      requests: createRequestWatch({ now: time.now, faults, problems: [] }),
      books: new Map(books.map((book) => [book.symbol, book])),
      intervalMs: intervalMs(INTERVAL),
      intervalName: INTERVAL,
    },
    ...{ clock, store, objects, encode, settings: SETTINGS, report: () => {} },
    collector: {
      ...{ symbols: SYMBOLS, interval: INTERVAL, historyDays: 1 },
      ...{ backfill: true, gapFill: true, until: null },
    },
    lease: (work) => work(),
    onBars(derived) {
      consumer.add(derived);
      void store.readAsOf().then((asOf) => watermarks.push(asOf));
    },
  });
  await time.runUntil(END);
  process.stop();
  await time.runUntil(END + 60_000);
  const failure = await process.ended;
  if (failure) throw failure;
  return {
    ...{ books, objects, watermarks, faults: faults.effects(), windowStart: WINDOW_START },
    asOf: await store.readAsOf(),
    ...consumer,
    revisions: consumer.revisions(),
  };
}

function drawBook(symbol: string, random: () => number): Book {
  return createBook({
    ...{ symbol, intervalMs: intervalMs(INTERVAL), digits: 2, random },
    from: WINDOW_START - DAY,
    to: END + DAY,
    launchTime: WINDOW_START - 400 * DAY,
    retentionStart: 0,
    delistedAt: null,
    shares: { holes: 0.03, lostRows: 0, flats: 0.05, revisions: 0.1, irregulars: 0.01 },
    lastRevisionMs: 22 * HOUR,
    calmFrom: FAULTS_END,
  });
}

const SETTINGS: LakeSettings = {
  schemaVersion: LAKE_SCHEMA_VERSION,
  interval: INTERVAL,
  timeframes: [TIMEFRAME_MINUTES],
  periods: { maShort: 3, maLong: 7, atr: 14 },
  writeMa: true,
  writeAtr: true,
  skipPartial: false,
};

/** Follows the bars as the terminal does. */
function createConsumer() {
  const streamed = new Map<string, Bar>();
  const shown = new Map<string, Bar>();
  const firstShown: Bar[] = [];
  let revisions = 0;
  const show = (bar: Bar) => shown.set(keyOf(bar), bar);
  const changes = createBarChanges({
    startedAt: START,
    skipPartial: false,
    onNew(bars) {
      firstShown.push(...bars);
      bars.forEach(show);
    },
    onRevision(bar) {
      revisions += 1;
      show(bar);
    },
  });
  return {
    ...{ streamed, shown, firstShown, revisions: () => revisions },
    add(derived: readonly DerivedBars[]) {
      for (const bar of derived.flatMap(barsOf)) streamed.set(keyOf(bar), bar);
      changes.add(derived);
    },
  };
}

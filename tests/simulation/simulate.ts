import { createHash } from 'node:crypto';
import { LAKE_SCHEMA_VERSION, type LakeSettings } from '@candlelake/core';
import { createSeededRandom } from '../support/seededRandom.ts';
import type { FaultKind } from './faultKinds.ts';
import { createActiveFaults, type Fault } from './faults.ts';
import { createDiskObjects } from './machine/diskObjects.ts';
import { Machine } from './machine/machine.ts';
import { openMachineStore } from './machine/machineStore.ts';
import { decodeRows, encodeRows } from './machine/rowEncoder.ts';
import { checkLake } from './oracle/checkLake.ts';
import type { Problem } from './oracle/compareLakes.ts';
import { watchHealth } from './oracle/healthWatch.ts';
import { drawScenario, type Scenario } from './scenario.ts';
import { createVirtualTime } from './virtualTime.ts';

export interface SimulationOptions {
  readonly seed: number;
  readonly days: number;
  readonly symbols: number;
  /** Only these faults of the plan, by place; all when left out. */
  readonly only?: readonly number[];
  /** Called with each event of the program and the machine. */
  readonly onEvent?: (line: string) => void;
}

export interface SimulationResult {
  readonly seed: number;
  readonly problems: readonly Problem[];
  /** Two runs of one seed have the same. */
  readonly traceHash: string;
  readonly events: number;
  readonly simulatedMs: number;
  /** Those of the plan, also those that were left out. */
  readonly faults: readonly Fault[];
  /** How many faults of each kind had an effect. */
  readonly effects: ReadonlyMap<FaultKind, number>;
}

const PERIODS = { maShort: 3, maLong: 7, atr: 14 };
/** A stopped program ends within so long. */
const STOP_MS = 60_000;
/** Every so many seeds the frames are gzip; every so many the store is a file. */
const GZIP_EVERY = 8;
const FILE_EVERY = 7;

/** Runs the schedule of one seed to its end and compares the lake with the exchange's books. */
export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  const { seed, only } = options;
  const scenario = drawScenario({ ...options, random: createSeededRandom(seed) });
  const planned = only ? scenario.faults.filter((_, place) => only.includes(place)) : scenario.faults;
  // Numbers of their own: leaving a fault out must not change the draws of the others.
  const random = createSeededRandom(seed ^ 0x5eed);
  const time = createVirtualTime(scenario.start, random);
  const trace = createTrace(time.now, options.onEvent);
  const faults = createActiveFaults(planned, { now: time.now, random });
  const objects = createDiskObjects();
  const store = openMachineStore(seed % FILE_EVERY === FILE_EVERY - 1, random);
  const problems: Problem[] = [];
  const exchange = {
    ...{ time, random, faults, note: trace.note },
    ...{ intervalMs: scenario.intervalMs, intervalName: scenario.interval },
    books: new Map(scenario.books.map((book) => [book.symbol, book])),
    isGzip: seed % GZIP_EVERY === GZIP_EVERY - 1,
  };
  const settings = settingsOf(scenario);
  const machine = new Machine(
    { exchange, store, objects, encode: encodeRows, settings, collector: collectorOf(scenario) },
    planned,
  );
  machine.start();
  watchHealth({ time, machine, scenario, faults, store: store.current, problems });
  await time.runUntil(scenario.end);
  const stopping = machine.stop();
  await time.runUntil(scenario.end + STOP_MS);
  const failure = await Promise.race([stopping, Promise.resolve('the program did not stop within a minute')]);
  if (failure) problems.push({ kind: 'failed', detail: String(failure) });
  const outcome = { scenario, periods: PERIODS, store: store.current(), objects, decode: decodeRows };
  problems.push(...(await checkLake(outcome)));
  for (const { path } of await objects.list()) trace.add(path, (await objects.read(path))!);
  store.close();
  return {
    ...{ seed, problems, traceHash: trace.hash(), events: time.tasks, faults: scenario.faults },
    simulatedMs: scenario.end - scenario.start,
    effects: faults.effects(),
  };
}

/** Everything that happens in a run, as one hash. */
function createTrace(now: () => number, onEvent: (line: string) => void = () => {}) {
  const hash = createHash('sha256');
  return {
    note(event: string): void {
      const line = `${new Date(now()).toISOString()} ${event}`;
      hash.update(`${line}\n`);
      onEvent(line);
    },
    add: (path: string, bytes: Uint8Array) => void hash.update(path).update(bytes),
    hash: () => hash.digest('hex').slice(0, 16),
  };
}

function settingsOf({ interval, timeframes }: Scenario): LakeSettings {
  return {
    ...{ schemaVersion: LAKE_SCHEMA_VERSION, interval, timeframes, periods: PERIODS },
    ...{ writeMa: true, writeAtr: true, skipPartial: false },
  };
}

function collectorOf({ books, interval, historyDays }: Scenario) {
  const symbols = books.map(({ symbol }) => symbol);
  return { symbols, interval, historyDays, backfill: true, gapFill: true, until: null };
}

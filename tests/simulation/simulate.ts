import { createHash } from 'node:crypto';
import { createSeededRandom } from '../support/seededRandom.ts';
import { createHost, PERIODS, type SimulatedHost } from './createHost.ts';
import type { FaultKind } from './faultKinds.ts';
import { createActiveFaults, type Fault } from './faults.ts';
import { Machine } from './machine/machine.ts';
import { checkLake } from './oracle/checkLake.ts';
import type { Problem } from './oracle/compareLakes.ts';
import { watchHealth } from './oracle/healthWatch.ts';
import { watchLake } from './oracle/lakeWatch.ts';
import { createRequestWatch } from './oracle/requestWatch.ts';
import { watchStore } from './oracle/storeWatch.ts';
import { drawScenario } from './scenario.ts';
import { type Variant, variantOf } from './variants.ts';
import { createVirtualTime, type VirtualTime } from './virtualTime.ts';

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
  readonly variant: Variant;
  readonly problems: readonly Problem[];
  /** Two runs of one seed have the same. */
  readonly traceHash: string;
  readonly events: number;
  /** Requests to history. */
  readonly requests: number;
  readonly simulatedMs: number;
  /** Those of the plan, also those that were left out. */
  readonly faults: readonly Fault[];
  /** How many faults of each kind had an effect. */
  readonly effects: ReadonlyMap<FaultKind, number>;
}

/** A stopped program ends within so long. */
const STOP_MS = 60_000;

/** Runs the schedule of one seed to its end and compares the lake with the exchange's books. */
export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  const { seed, only } = options;
  const variant = variantOf(seed);
  const scenario = drawScenario({ ...options, variant, random: createSeededRandom(seed) });
  const planned = only ? scenario.faults.filter((_, place) => only.includes(place)) : scenario.faults;
  // Numbers of their own: leaving a fault out must not change the draws of the others.
  const random = createSeededRandom(seed ^ 0x5eed);
  const time = createVirtualTime(scenario.start, random);
  const trace = createTrace(time.now, options.onEvent);
  const faults = createActiveFaults(planned, { now: time.now, random });
  const problems: Problem[] = [];
  const requests = createRequestWatch({ now: time.now, faults, problems });
  const exchange = {
    ...{ time, random, faults, requests, note: trace.note, isGzip: variant.isGzip },
    ...{ intervalMs: scenario.intervalMs, intervalName: scenario.interval },
    books: new Map(scenario.books.map((book) => [book.symbol, book])),
  };
  const host = createHost(exchange, scenario, variant);
  const machine = new Machine({ exchange, host }, planned);
  machine.start();
  const watched = { time, scenario, faults, store: host.store, problems };
  watchHealth({ ...watched, machine });
  // The functions of AWS have a schedule and faults of their own.
  if (variant.host === 'local') watchLake({ ...watched, machine });
  watchStore(watched);
  await time.runUntil(scenario.end);
  const failure = await stop(machine, host, time);
  if (failure) problems.push({ kind: 'failed', detail: String(failure) });
  const { objects, decode } = host;
  problems.push(...(await checkLake({ scenario, periods: PERIODS, store: host.store(), objects, decode })));
  for (const { path } of await objects.list()) trace.add(path, (await objects.read(path))!);
  host.close();
  return {
    ...{ seed, variant, problems, traceHash: trace.hash(), events: time.tasks, faults: scenario.faults },
    ...{ requests: requests.count(), simulatedMs: scenario.end - scenario.start },
    effects: faults.effects(),
  };
}

/** Ends the program; returns its error, null when it ended as it should. */
async function stop(machine: Machine, host: SimulatedHost, time: VirtualTime): Promise<unknown> {
  const stopping = machine.stop();
  await time.runUntil(time.now() + STOP_MS);
  const failure = await Promise.race([stopping, Promise.resolve('the program did not stop within a minute')]);
  await host.finish();
  return failure;
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

import { type FaultKind, KINDS } from './faultKinds.ts';
import type { SimulationResult } from './simulate.ts';

const DAY = 86_400_000;

/** What many seeds ran. */
export interface Totals {
  readonly startedAt: number;
  seeds: number;
  failed: number;
  simulatedMs: number;
  events: number;
  /** Requests to history. */
  requests: number;
  /** Seeds by what they differ in. */
  readonly variants: Map<string, number>;
  /** Faults that had an effect, by kind. */
  readonly effects: Map<FaultKind, number>;
}

/** Of nothing, at `startedAt` in real time. */
export function newTotals(startedAt: number): Totals {
  const counts = { seeds: 0, failed: 0, simulatedMs: 0, events: 0, requests: 0 };
  return { startedAt, ...counts, variants: new Map(), effects: new Map() };
}

/** What of a result is counted. */
export type CountedResult = Omit<SimulationResult, 'faults' | 'traceHash'>;

export function addResult(totals: Totals, result: CountedResult): void {
  const { problems, simulatedMs, events, requests, effects, variant } = result;
  totals.seeds += 1;
  if (problems.length > 0) totals.failed += 1;
  totals.simulatedMs += simulatedMs;
  totals.events += events;
  totals.requests += requests;
  for (const [kind, count] of effects) totals.effects.set(kind, (totals.effects.get(kind) ?? 0) + count);
  const { host, hasStoreFile, isParquet, isGzip, isLong } = variant;
  const names = { cloud: host === 'cloud', 'store file': hasStoreFile, Parquet: isParquet };
  for (const [name, isIt] of Object.entries({ ...names, gzip: isGzip, long: isLong }))
    if (isIt) totals.variants.set(name, (totals.variants.get(name) ?? 0) + 1);
}

/** One line that says what ran. */
export function totalsLine({ startedAt, seeds, failed, ...totals }: Totals, now: number): string {
  const seconds = (now - startedAt) / 1000;
  const kinds = [...totals.effects].sort(([one], [other]) => (one < other ? -1 : 1));
  const faults = kinds.reduce((sum, [, count]) => sum + count, 0);
  const counted = (counts: Iterable<readonly [string, number]>) =>
    [...counts].map(([name, count]) => `${name} ${count}`).join(', ');
  const unused = KINDS.filter((kind) => !totals.effects.has(kind));
  return [
    `simulated ${seeds} seeds (${counted(totals.variants)}), ${failed} failed`,
    `${Math.round(totals.simulatedMs / DAY)} simulated days`,
    `${totals.events} events`,
    `${totals.requests} requests`,
    `${faults} faults of ${kinds.length} kinds (${counted(kinds)})`,
    ...(unused.length > 0 ? [`without effect: ${unused.join(', ')}`] : []),
    `${(seeds / seconds).toFixed(2)} seeds per second`,
  ].join('; ');
}

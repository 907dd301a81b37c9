import type { SimulationResult } from './simulate.ts';

const DAY = 86_400_000;

/** What many seeds ran. */
export interface Totals {
  readonly startedAt: number;
  seeds: number;
  failed: number;
  simulatedMs: number;
  events: number;
  /** Faults that had an effect, by kind. */
  readonly effects: Map<string, number>;
}

/** Of nothing, at `startedAt` in real time. */
export function newTotals(startedAt: number): Totals {
  return { startedAt, seeds: 0, failed: 0, simulatedMs: 0, events: 0, effects: new Map() };
}

export function addResult(
  totals: Totals,
  { problems, simulatedMs, events, effects }: SimulationResult,
): void {
  totals.seeds += 1;
  if (problems.length > 0) totals.failed += 1;
  totals.simulatedMs += simulatedMs;
  totals.events += events;
  for (const [kind, count] of effects) totals.effects.set(kind, (totals.effects.get(kind) ?? 0) + count);
}

/** One line that says what ran. */
export function totalsLine({ startedAt, seeds, failed, ...totals }: Totals, now: number): string {
  const seconds = (now - startedAt) / 1000;
  const kinds = [...totals.effects].sort(([one], [other]) => (one < other ? -1 : 1));
  const faults = kinds.reduce((sum, [, count]) => sum + count, 0);
  return [
    `simulated ${seeds} seeds, ${failed} failed`,
    `${Math.round(totals.simulatedMs / DAY)} simulated days`,
    `${totals.events} events`,
    `${faults} faults (${kinds.map(([kind, count]) => `${kind} ${count}`).join(', ')})`,
    `${(seeds / seconds).toFixed(2)} seeds per second`,
  ].join('; ');
}

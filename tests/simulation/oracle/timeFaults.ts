import type { FaultKind } from '../faultKinds.ts';
import type { ActiveFaults } from '../faults.ts';

/** After these a process needs a while to know the time again. */
const TIME_FAULTS = ['server-time-off', 'clock-step', 'clock-skew', 'process-stopped'] as const;

export interface Lookback {
  readonly now: number;
  readonly sinceMs: number;
  readonly symbol?: string;
}

/** Whether a fault of a kind was on at some time in the last `sinceMs`. */
export function wasOn(faults: ActiveFaults, kind: FaultKind, { now, sinceMs, symbol }: Lookback): boolean {
  return faults.within(kind, { from: now - sinceMs, to: now }, symbol);
}

/** Whether a clock was wrong, or a process stood still, at some time in the last `sinceMs`. */
export function isTimeFaultNear(faults: ActiveFaults, lookback: Lookback): boolean {
  return TIME_FAULTS.some((kind) => wasOn(faults, kind, lookback));
}

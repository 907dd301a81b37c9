import type { EpochMs } from '../domain/time/time.ts';
import type { Clock } from '../ports.ts';
import { createWake } from '../waiting/wake.ts';
import { dueNow, restarted, type ScopeSchedule } from './schedule.ts';

/** A change of the schedule of a scope. */
export type ScheduleChange = (schedule: ScopeSchedule) => ScopeSchedule;

/** Passes that are asked for before they are due. */
export interface PassCalls {
  /** Makes every scope due, except those of refused symbols and closed markets: a connection came up. */
  callAll(): void;
  /** Makes the scopes of a symbol due, whatever holds them up: it trades again. */
  call(symbol: string): void;
  /** What the calls since the last time change; null without a call. */
  taken(now: EpochMs): ScheduleChange | null;
  /** Waits `ms` of the clock, or until the next call; rejects when the signal aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<unknown>;
}

/** For one loop over scopes. */
export function createPassCalls(clock: Clock): PassCalls {
  const wake = createWake(clock);
  const symbols = new Set<string>();
  let isForAll = false;
  return {
    callAll() {
      isForAll = true;
      wake.wake();
    },
    call(symbol) {
      symbols.add(symbol);
      wake.wake();
    },
    taken(now) {
      if (!isForAll && symbols.size === 0) return null;
      const [called, areAllCalled] = [new Set(symbols), isForAll];
      isForAll = false;
      symbols.clear();
      return (one) => {
        if (called.has(one.scope.series.symbol)) return restarted(one);
        return areAllCalled ? dueNow(one, now) : one;
      };
    },
    sleep: wake.sleep,
  };
}

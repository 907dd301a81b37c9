import { parseSettings } from '@candlelake/core';
import type { Treatment } from './cloudHost.ts';
import { DAY, type Faults, HOUR, MINUTE, type Stretch, SYMBOLS } from './exchange.ts';
import type { Run } from './localHost.ts';

const settings = parseSettings({
  flags: { symbol: [...SYMBOLS], 'history-days': '4', timeframe: '15m,21m,60m' },
});

const stretch = (from: number, lengthMs: number): Stretch => ({ from, to: from + lengthMs });

/** Four hours of faults after an instant, one kind after the other, some at the same time. */
function faultsAfter(instant: number): Faults {
  const at = (hours: number, lengthMs: number) => stretch(instant + hours * HOUR, lengthMs);
  return {
    linkDown: [at(1, 25 * MINUTE), at(1.5, 20_000), at(3.2, 4 * MINUTE)],
    silent: [at(2, 40 * MINUTE)],
    historyDown: [at(2.2, 20 * MINUTE), at(3.2, 10 * MINUTE)],
    historyBehind: [at(3.6, 15 * MINUTE)],
    limited: [at(0.6, 6 * MINUTE), at(3.9, 3 * MINUTE)],
    rejected: [at(1.05, 1.6 * HOUR)],
  };
}

/**
 * Two days and a night of streaming after four days of history, with the recorded stretch in the middle and
 * faults on each day. The last hours have no faults.
 */
export function weekRun(): Run {
  const start = Date.UTC(2025, 7, 1, 9, 0, 20);
  const end = Date.UTC(2025, 7, 4, 1, 31, 40);
  const each = [0, 1, 2].map((day) => faultsAfter(start + day * DAY));
  const all = (key: keyof Faults) => each.flatMap((faults) => faults[key]);
  const faults = {
    linkDown: all('linkDown'),
    silent: all('silent'),
    historyDown: all('historyDown'),
    historyBehind: all('historyBehind'),
    limited: all('limited'),
    rejected: all('rejected'),
  };
  return { settings, start, end, faults };
}

/** Five hours of streaming over midnight and after a day of history, inside the recorded stretch. */
export function nightRun(): Run {
  const start = Date.UTC(2025, 7, 2, 20, 10, 20);
  const flags = { symbol: [...SYMBOLS], 'history-days': '1', timeframe: '15m,21m,60m' };
  return {
    settings: parseSettings({ flags }),
    start,
    end: Date.UTC(2025, 7, 3, 1, 31, 40),
    faults: faultsAfter(start),
  };
}

/** A task that is killed, then two that overlap; the functions pause for half an hour. */
export function nightTreatment({ start, end }: Run): Treatment {
  const hour = (hours: number) => start + hours * HOUR;
  return {
    tasks: [
      { from: start, to: hour(1.31), isKilled: true },
      { from: hour(1.4), to: hour(2.6), isKilled: false },
      { from: hour(2.3), to: end, isKilled: false },
    ],
    withoutJobs: [stretch(hour(2.8), 30 * MINUTE)],
  };
}

/** Tasks that are killed, tasks that overlap, a night without one, and two pauses of the functions. */
export function weekTreatment({ start, end }: Run): Treatment {
  const day = (days: number, hours = 0) => start + days * DAY + hours * HOUR;
  return {
    tasks: [
      { from: start, to: day(0, 1.31), isKilled: true },
      { from: day(0, 1.4), to: day(0, 5.1), isKilled: false },
      // A rolling deploy: two tasks at once for an hour and a half.
      { from: day(0, 3.6), to: day(0, 12), isKilled: true },
      // No task for ten hours, over midnight.
      { from: day(0, 22), to: day(1, 11.07), isKilled: true },
      { from: day(1, 11.1), to: end, isKilled: false },
    ],
    withoutJobs: [stretch(day(0, 6), 2 * HOUR), stretch(day(1, 4), 7 * HOUR)],
  };
}

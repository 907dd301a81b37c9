import { type CandleStore, swapSeries } from '@candlelake/core';
import type { Problem } from './compareLakes.ts';
import type { ActiveFaults } from './faults.ts';
import type { Machine } from './machine.ts';
import type { Scenario } from './scenario.ts';
import type { VirtualTime } from './virtualTime.ts';

export interface HealthWatchOptions {
  readonly time: VirtualTime;
  readonly machine: Machine;
  readonly scenario: Scenario;
  readonly active: ActiveFaults;
  readonly store: () => Pick<CandleStore, 'readDay'>;
  readonly problems: Problem[];
}

const CHECK_MS = 5 * 60_000;
/** Health may say ok while a slot is open for three intervals; one more for the time between two looks at the store. */
const ALLOWED_INTERVALS = 4.5;
/** After these a process needs a while to know the time again. */
const TIME_FAULTS = ['server-time-off', 'clock-step', 'clock-skew', 'process-stopped'] as const;
const RECOVERY_MS = 20 * 60_000;

/** Looks every five minutes whether health says ok although a live slot is late by the exchange's books. */
export function watchHealth(options: HealthWatchOptions): { stop(): void } {
  const { time, machine, scenario, active, problems } = options;
  let cancel = () => {};
  const look = async (): Promise<void> => {
    const seen = machine.health();
    if (seen?.health.status !== 'ok') return;
    const now = time.now();
    const isTimeOff = TIME_FAULTS.some((kind) =>
      [now, now - RECOVERY_MS / 2, now - RECOVERY_MS].some((at) => active.find(kind, at)),
    );
    if (isTimeOff) return;
    const late = await lateSlot(options, seen.startedAt);
    if (late === null) return;
    problems.push({ kind: 'health', detail: `ok at ${new Date(now).toISOString()} while ${late} is late` });
  };
  const next = () => {
    cancel = time.at(time.now() + CHECK_MS, () => {
      if (time.now() < scenario.end) next();
      void look();
    });
  };
  next();
  return { stop: () => cancel() };
}

/** A slot of this run that the exchange has shown for too long without the store knowing of it. */
async function lateSlot(
  { time, scenario, active, store }: HealthWatchOptions,
  startedAt: number,
): Promise<string | null> {
  const { intervalMs, interval, books } = scenario;
  const now = time.now();
  const newest = Math.floor((now - ALLOWED_INTERVALS * intervalMs) / intervalMs) * intervalMs - intervalMs;
  const oldest = Math.max(startedAt, newest - 10 * intervalMs);
  for (const book of books) {
    const isShut = ['symbol-paused', 'symbol-unlisted', 'topic-refused'] as const;
    if (isShut.some((kind) => [now, now - RECOVERY_MS].some((at) => active.find(kind, at, book.symbol))))
      continue;
    if (book.delistedAt !== null && now >= book.delistedAt - intervalMs) continue;
    for (
      let openTime = Math.ceil(oldest / intervalMs) * intervalMs;
      openTime <= newest;
      openTime += intervalMs
    ) {
      if (book.finalValues(openTime) === null) continue;
      const day = Math.floor(openTime / 86_400_000) * 86_400_000;
      const stored = await store().readDay(swapSeries(book.symbol, interval), day);
      const isKnown = [...stored.candles, ...stored.absences].some((one) => one.openTime === openTime);
      if (!isKnown) return `${book.symbol} ${new Date(openTime).toISOString()}`;
    }
  }
  return null;
}

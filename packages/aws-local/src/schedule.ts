import { type Clock, HOUR_MS, MINUTE_MS } from '@candlelake/core';

/** Invokes one function with an event; resolves with its answer. */
export type InvokeFunction = (event: unknown) => Promise<unknown>;

const RATE = /^rate\((\d+) (minute|hour)s?\)$/;

/** The period of a schedule such as `rate(5 minutes)`, in ms. Throws for any other expression. */
export function periodMsOf(schedule: string): number {
  const [, count, unit] = RATE.exec(schedule) ?? [];
  if (count === undefined) throw new Error(`schedule "${schedule}": expected a rate in minutes or hours`);
  return Number(count) * (unit === 'hour' ? HOUR_MS : MINUTE_MS);
}

export interface ScheduleOptions {
  readonly clock: Clock;
  readonly periodMs: number;
  readonly invoke: InvokeFunction;
}

/**
 * Invokes at once and then once a period, until the signal aborts. A tick during an invocation is skipped.
 */
export async function runSchedule(
  { clock, periodMs, invoke }: ScheduleOptions,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const startedAt = clock.now();
    await invoke({});
    const elapsedMs = clock.now() - startedAt;
    await clock.sleep(periodMs - (elapsedMs % periodMs), signal).catch(() => {});
  }
}

import { type Clock, HOUR_MS, MINUTE_MS } from '@candlelake/core';

/** Invokes one function with an event; resolves with its answer. */
export type InvokeFunction = (event: unknown) => Promise<unknown>;

/** Every minute, every nth minute, or one minute of every hour or every nth hour. */
const CRON = /^cron\((?:(\*)|\d+(?:\/(\d+))?) (?:\*|0\/(\d+)) \* \* \? \*\)$/;

/** The period of a schedule such as `cron(1/5 * * * ? *)`, in ms. Throws for any other expression. */
export function periodMsOf(schedule: string): number {
  const [found, everyMinute, minutes, hours] = CRON.exec(schedule) ?? [];
  if (!found || ((everyMinute || minutes) && hours))
    throw new Error(
      `schedule "${schedule}": expected every so many minutes or hours, as cron(1/5 * * * ? *)`,
    );
  if (everyMinute) return MINUTE_MS;
  return minutes ? Number(minutes) * MINUTE_MS : Number(hours ?? 1) * HOUR_MS;
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

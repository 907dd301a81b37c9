import {
  type AlertStatus,
  type Clock,
  type EpochMs,
  type Health,
  healthOf,
  type Settings,
  type StreamStatus,
} from '@candlelake/core';

/** What can be asked of a stream that runs. */
export interface StartedStream {
  readonly status: () => StreamStatus;
  readonly exchangeNow: () => EpochMs;
  readonly alerts: () => readonly AlertStatus[];
  /** What is wrong with the file of the store; null when nothing is. */
  readonly storeProblem: () => string | null;
}

/** `/health` with what waits for each sink. */
type HealthWithAlerts = Health & { readonly alerts: readonly AlertStatus[] };

/** The health of a stream that runs. */
export function healthOfStream(
  { status, exchangeNow, storeProblem, alerts }: StartedStream,
  { interval, requestsPerSecond }: Settings,
  clock: Clock,
): HealthWithAlerts {
  const health = healthOf(status(), {
    ...{ now: exchangeNow(), lakeNow: clock.monotonic() },
    ...{ interval, requestsPerSecond },
  });
  const reason = storeProblem();
  const failed = reason === null ? {} : { status: 'unhealthy' as const, reason };
  return { ...health, ...failed, alerts: alerts() };
}

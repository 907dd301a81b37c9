import {
  coveragePath,
  type EpochMs,
  formatInstant,
  type Health,
  healthOf,
  MINUTE_MS,
  type Settings,
  startOfDay,
} from '@candlelake/core';
import type { BackfillReport, StreamReport } from '../adapters/dynamo/statusItems.ts';
import { STATUS_LIFE_MS } from './fillGaps.ts';

export interface HealthPorts {
  readonly now: () => EpochMs;
  readonly readStream: () => Promise<StreamReport | null>;
  readonly readBackfill: () => Promise<BackfillReport | null>;
  /** When an object of the lake was written; null when it does not exist. */
  readonly writtenAt: (path: string) => Promise<EpochMs | null>;
}

export type HealthSettings = Pick<Settings, 'interval' | 'requestsPerSecond'>;

export type CloudHealth = Health | Pick<Health, 'status' | 'reason'>;

/** `buildLake` runs every ten minutes at least: two of its runs may be lost. */
const LAKE_LAG_MS = 25 * MINUTE_MS;

/**
 * A range is delivered again after six minutes when its worker died; one that says nothing for longer has no
 * worker any more.
 */
const BACKFILL_LIFE_MS = 10 * MINUTE_MS;

/**
 * The health that the local host would report for the stream's last status; unhealthy when that status is
 * older than {@link STATUS_LIFE_MS}. The backfill is the worker's while it works: the lake may lag then.
 */
export async function readHealth(ports: HealthPorts, settings: HealthSettings): Promise<CloudHealth> {
  const { interval, requestsPerSecond } = settings;
  const now = ports.now();
  const [report, worker, writtenAt] = await Promise.all([
    ports.readStream(),
    ports.readBackfill(),
    ports.writtenAt(coveragePath(interval, startOfDay(now))),
  ]);
  if (report === null) return { status: 'unhealthy', reason: 'starting: the stream has not reported yet' };
  const { lake } = report.status;
  const lastDerivedAt = Math.max(lake.lastDerivedAt ?? 0, writtenAt ?? 0) || null;
  const isWorking = worker?.status.running && now - worker.at <= BACKFILL_LIFE_MS;
  const backfill = isWorking ? worker.status : report.status.backfill;
  const status = { ...report.status, backfill, lake: { ...lake, lastDerivedAt } };
  const health = healthOf(status, { now, interval, requestsPerSecond, lakeLagMs: LAKE_LAG_MS });
  if (now - report.at <= STATUS_LIFE_MS) return health;
  const reason = `the stream has been silent since ${formatInstant(report.at)}`;
  return { ...health, status: 'unhealthy', reason };
}

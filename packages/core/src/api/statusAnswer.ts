import { type EpochMs, formatInstant } from '../domain/time/time.ts';
import type { StreamStatus } from '../stream/status.ts';
import type { StatusAnswer } from './shapes.ts';

/** The share of the request pace that a backfill keeps to. */
const BACKFILL_SHARE = 0.9;

export interface StatusContext {
  /** Exchange time. */
  readonly now: EpochMs;
  /** What the health check finds wrong; null when nothing is. */
  readonly problem: string | null;
  readonly requestsPerSecond: number;
  readonly version: string;
}

/** The status of a running stream. */
export function statusAnswer(status: StreamStatus, context: StatusContext): StatusAnswer {
  const { link, lake, lastRepair } = status;
  const { now, problem, version } = context;
  const state = linkState(status);
  const backfill = backfillAnswer(status, context.requestsPerSecond);
  return {
    state,
    since: link.since,
    message: messageOf({ state, since: link.since, backfill, problem }),
    healthy: problem === null,
    lateness_ms: link.lastFrameAt === null ? null : Math.max(0, link.lagMs),
    last_frame: link.lastFrameAt,
    last_repair: lastRepair,
    as_of: lake.lastAsOf || null,
    backfill,
    ...{ now, version },
  };
}

/** The status before there is a stream. */
export function startingStatus(now: EpochMs, version: string): StatusAnswer {
  const unknown = { lateness_ms: null, last_frame: null, last_repair: null, as_of: null, backfill: null };
  return { state: 'starting', since: now, message: 'starting', healthy: false, ...unknown, now, version };
}

function linkState({ link }: StreamStatus): StatusAnswer['state'] {
  if (link.connected) return 'connected';
  return link.lastFrameAt === null && link.reconnects === 0 ? 'starting' : 'disconnected';
}

function backfillAnswer({ backfill }: StreamStatus, requestsPerSecond: number): StatusAnswer['backfill'] {
  if (!backfill.running) return null;
  const { requestsDone, requestsTotal } = backfill;
  const left = Math.max(0, requestsTotal - requestsDone);
  const eta_s = Math.ceil(left / (requestsPerSecond * BACKFILL_SHARE));
  return { requests_done: requestsDone, requests_total: requestsTotal, eta_s };
}

function messageOf({
  state,
  since,
  backfill,
  problem,
}: Pick<StatusAnswer, 'state' | 'since' | 'backfill'> & { readonly problem: string | null }): string {
  if (state === 'disconnected') return `no link since ${formatInstant(since)}: retrying`;
  if (backfill !== null) {
    const { requests_done, requests_total, eta_s } = backfill;
    return `backfilling: ${requests_done} of ${requests_total} requests, about ${eta_s} s`;
  }
  if (state === 'starting') return 'connecting';
  return problem ?? 'live';
}

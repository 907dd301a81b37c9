import {
  type Clock,
  type Crossover,
  createLakeWriter,
  crossoversOf,
  type DerivedBars,
  type DerivePass,
  type DerivePorts,
  damageEvents,
  deriveMarkedDays,
  type EpochMs,
  HOUR_MS,
  INITIAL_LAKE_STATUS,
  type LakeStatus,
  lakeWritten,
  type Report,
  statusAfterPass,
} from '@candlelake/core';
import type { Outbox } from '../adapters/dynamo/outbox.ts';
import type { StatusItems } from '../adapters/dynamo/statusItems.ts';
import { errorClass } from '../errorClass.ts';

export interface BuildPorts extends DerivePorts {
  readonly clock: Clock;
  readonly outbox: Outbox;
  readonly notify: (crossover: Crossover) => Promise<void>;
  readonly status: Pick<StatusItems, 'readLake' | 'writeLake'>;
  readonly report: Report;
}

/** Crossovers of bars that closed longer ago are not sent, so that a backfill of a year sends no message. */
const NEWS_MS = 6 * HOUR_MS;

/**
 * Marks the days whose objects were deleted or replaced, derives the marked days until the signal aborts
 * because time is short, and sends the new crossovers. What is not derived stays marked. Two runs at the same
 * time do no harm: an object is only replaced if it still has the version that was read before its rows. When
 * the lake cannot be written, the status names the class of the error, and the error is thrown.
 */
export async function buildLake(ports: BuildPorts, signal: AbortSignal): Promise<LakeStatus> {
  const before = (await ports.status.readLake()) ?? INITIAL_LAKE_STATUS;
  const startedAt = ports.clock.now();
  const behind = { ...before, oldestDirtySince: before.oldestDirtySince ?? startedAt };
  let status: LakeStatus = behind;
  try {
    const pass = await derive(ports, signal);
    ports.report({ ...lakeWritten(pass), level: 'info' });
    status = statusAfterPass(pass, { startedAt, endedAt: ports.clock.now() });
  } catch (error) {
    if (!signal.aborted) {
      status = { ...behind, lastError: errorClass(error) };
      throw error;
    }
    ports.report({ level: 'warn', kind: 'lake-unfinished', message: 'out of time; the next run continues' });
  } finally {
    await ports.status.writeLake(status);
  }
  await send(ports);
  return status;
}

/** How long the oldest marked day has waited, in ms; 0 when no day is marked. */
export function lakeLagMs({ oldestDirtySince }: LakeStatus, now: EpochMs): number {
  return oldestDirtySince === null ? 0 : now - oldestDirtySince;
}

async function derive(ports: BuildPorts, signal: AbortSignal): Promise<DerivePass> {
  const since = ports.clock.now() - NEWS_MS;
  const beforeCommit = (bars: readonly DerivedBars[]) => ports.outbox.add(crossoversOf(bars, since));
  const writer = createLakeWriter({ ...ports, beforeCommit });
  for (const event of damageEvents(await writer.inspect(signal))) ports.report(event);
  return deriveMarkedDays({ derivation: ports.derivation, writer }, signal);
}

/** Crossovers that cannot be sent stay in the outbox for the next run. */
async function send({ outbox, notify, report }: BuildPorts): Promise<void> {
  try {
    const sent = await outbox.drain(notify);
    if (sent > 0) report({ level: 'info', kind: 'crossovers-sent', message: `${sent} crossovers sent` });
  } catch (error) {
    const message = `crossovers wait for the next run: ${error instanceof Error ? error.message : error}`;
    report({ level: 'error', kind: 'crossovers-wait', message });
  }
}

import {
  type Clock,
  createLakeWriter,
  type DerivePass,
  type DerivePorts,
  damageEvents,
  deriveMarkedDays,
  dueEvery,
  type EpochMs,
  INITIAL_LAKE_STATUS,
  type LakeStatus,
  lakeWritten,
  type NoticeStore,
  type Outbox,
  type Report,
  SECOND_MS,
  type SendNotice,
  sendNotices,
  statusAfterPass,
} from '@candlelake/core';
import type { StatusItems } from '../adapters/dynamo/statusItems.ts';
import { errorClass } from '../errorClass.ts';

export interface BuildPorts extends DerivePorts {
  readonly clock: Clock;
  readonly notices: Pick<NoticeStore, 'openOutbox'>;
  readonly notify: SendNotice;
  readonly status: Pick<StatusItems, 'readLake' | 'writeLake'>;
  readonly report: Report;
}

/** Yesterday and today are derived this often while older days are, if they are marked. */
const NEWEST_MS = 30 * SECOND_MS;

/** The topic is the only sink on AWS. */
const SINK = 'topic';

/**
 * Marks the days whose objects were deleted or replaced, derives the marked days until the signal aborts
 * because time is short, and sends the notices of crossovers. What is not derived stays marked. Two runs at
 * the same time do no harm: an object is only replaced if it still has the version that was read before its
 * rows. When the lake cannot be written, the status names the class of the error, and the error is thrown.
 */
export async function buildLake(ports: BuildPorts, signal: AbortSignal): Promise<LakeStatus> {
  const before = (await ports.status.readLake()) ?? INITIAL_LAKE_STATUS;
  const startedAt = ports.clock.now();
  const behind = { ...before, oldestDirtySince: before.oldestDirtySince ?? startedAt };
  let status: LakeStatus = behind;
  const outbox = await ports.notices.openOutbox(SINK);
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
  await send(outbox, ports);
  return status;
}

/** How long the oldest marked day has waited, in ms; 0 when no day is marked. */
export function lakeLagMs({ oldestDirtySince }: LakeStatus, now: EpochMs): number {
  return oldestDirtySince === null ? 0 : now - oldestDirtySince;
}

async function derive(ports: BuildPorts, signal: AbortSignal): Promise<DerivePass> {
  const writer = createLakeWriter(ports);
  for (const event of damageEvents(await writer.inspect(signal))) ports.report(event);
  const isNewestDue = dueEvery(NEWEST_MS, ports.clock);
  return deriveMarkedDays({ derivation: ports.derivation, writer, isNewestDue }, signal);
}

/** Notices that cannot be sent stay in the outbox for the next run. */
async function send(outbox: Outbox, { notify, report }: BuildPorts): Promise<void> {
  try {
    const sent = await sendNotices(outbox, notify);
    const message = `${sent} notice${sent === 1 ? '' : 's'} of crossovers sent`;
    if (sent > 0) report({ level: 'info', kind: 'crossovers-sent', message });
  } catch (error) {
    const message = `notices of crossovers wait for the next run: ${error instanceof Error ? error.message : error}`;
    report({ level: 'error', kind: 'crossovers-wait', message });
  }
}

import {
  type Clock,
  type DerivedBars,
  type DerivePorts,
  deriveDirtyDays,
  HOUR_MS,
  INITIAL_LAKE_STATUS,
  type LakeStatus,
  type Report,
  sweepLake,
} from '@candlelake/core';
import type { Outbox } from '../adapters/dynamo/outbox.ts';
import type { StatusItems } from '../adapters/dynamo/statusItems.ts';
import { type Crossover, crossoversOf } from './crossovers.ts';

export interface BuildPorts extends DerivePorts {
  readonly clock: Clock;
  readonly outbox: Outbox;
  readonly notify: (crossover: Crossover) => Promise<void>;
  readonly status: Pick<StatusItems, 'readLake' | 'writeLake'>;
  readonly report: Report;
}

/** Older crossovers are history, not news: a backfill of a year sends no message. */
const NEWS_MS = 6 * HOUR_MS;

/**
 * Derives the marked days, oldest first, until the signal says that time is short, and sends the crossovers that this brought to light. What is
 * not derived stays marked. Two runs at once do no harm: each object is written in place of the version that its rows belong to. Throws what kept the lake from being written, after it is noted in the status.
 */
export async function buildLake(ports: BuildPorts, signal: AbortSignal): Promise<LakeStatus> {
  const before = (await ports.status.readLake()) ?? INITIAL_LAKE_STATUS;
  const startedAt = ports.clock.now();
  const late = { ...before, oldestDirtySince: before.oldestDirtySince ?? startedAt };
  let status: LakeStatus = late;
  try {
    await derive(ports, signal);
    const lastAsOf = await ports.derivation.readAsOf();
    const dirtyDays = (await ports.derivation.dirtyDays()).length;
    const oldestDirtySince = dirtyDays > 0 ? startedAt : null;
    const lastDerivedAt = ports.clock.now();
    status = { dirtyDays, oldestDirtySince, lastDerivedAt, lastAsOf, lastError: null };
  } catch (error) {
    if (!signal.aborted) {
      status = { ...late, lastError: error instanceof Error ? error.message : String(error) };
      throw error;
    }
    ports.report({ level: 'warn', kind: 'lake-unfinished', message: 'time is up; the next run goes on' });
  } finally {
    await ports.status.writeLake(status);
  }
  await send(ports);
  return status;
}

async function derive(ports: BuildPorts, signal: AbortSignal): Promise<void> {
  const since = ports.clock.now() - NEWS_MS;
  const beforeCommit = (bars: readonly DerivedBars[]) => ports.outbox.add(crossoversOf(bars, since));
  const settings = await ports.derivation.readSettings();
  if (settings) await sweepLake(ports.objects, settings);
  const written = await deriveDirtyDays({ ...ports, beforeCommit, withLakeLease: (work) => work() }, signal);
  const message = `lake: ${written.objects} objects of ${written.days} days written`;
  ports.report({ level: 'info', kind: 'lake-written', message, fields: { ...written } });
}

/** What can't be sent stays in the outbox for the next run. */
async function send({ outbox, notify, report }: BuildPorts): Promise<void> {
  try {
    const sent = await outbox.drain(notify);
    if (sent > 0) report({ level: 'info', kind: 'crossovers-sent', message: `${sent} crossovers sent` });
  } catch (error) {
    const message = `crossovers wait for the next run: ${error instanceof Error ? error.message : error}`;
    report({ level: 'error', kind: 'crossovers-wait', message });
  }
}

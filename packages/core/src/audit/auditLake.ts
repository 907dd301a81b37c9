import { findLeftovers } from '../derive/leftovers.ts';
import type { SlotRange } from '../domain/slots/secondLook.ts';
import { earliestSlot } from '../domain/slots/seriesRecord.ts';
import { daysOfLake } from '../domain/slots/staleDays.ts';
import { DAY_MS, type EpochMs } from '../domain/time/time.ts';
import { objectPaths } from '../lake/partitions.ts';
import type { DerivationStore } from '../ports.ts';
import type { LakeSettings } from '../settings/lakeSettings.ts';
import { type AuditDayPorts, type AuditedDay, auditDay } from './auditDay.ts';
import type { ObjectFinding } from './checkObject.ts';

export interface AuditPorts extends AuditDayPorts {
  readonly derivation: AuditDayPorts['derivation'] & Pick<DerivationStore, 'readSettings'>;
  /**
   * The paths of all files in the folder of the lake, also of those that cannot be objects; without the
   * temporary files of writers.
   */
  readonly listFiles: () => Promise<readonly string[]>;
  /** Called after each day with the number of audited days and of all. */
  readonly onDay?: (done: number, total: number) => void;
}

/** What an audit found out about a lake and its store. */
export interface LakeAudit {
  /** The watermark. */
  readonly asOf: EpochMs;
  /** Null when no settings are recorded: the store is new. */
  readonly settings: LakeSettings | null;
  /** The days that touch the range, ascending. */
  readonly days: readonly AuditedDay[];
  /** Files that are no objects of the lake, whatever the range. */
  readonly strays: readonly ObjectFinding[];
}

/** Compares store and objects of the days that touch `range`, and looks for strays. Writes nothing. */
export async function auditLake(
  ports: AuditPorts,
  range: SlotRange,
  signal: AbortSignal,
): Promise<LakeAudit> {
  // Before the watermark: the days of all objects listed are then days of the lake.
  const files = await ports.listFiles();
  const settings = await ports.derivation.readSettings();
  const asOf = await ports.derivation.readAsOf();
  const all = settings ? await daysOf(ports, settings, asOf) : [];
  const asked = all.filter((day) => day + DAY_MS > range.from && day < range.to);
  const days: AuditedDay[] = [];
  for (const day of asked) {
    days.push(await auditDay(ports, settings!, { day, signal }));
    ports.onDay?.(days.length, asked.length);
  }
  return { asOf, settings, days, strays: await findStrays(ports, { files, settings, days: all }) };
}

/** All findings of an audit: files that are not what they should be, and those that should not be there. */
export function findingsOf({ days, strays }: LakeAudit): readonly ObjectFinding[] {
  return [...days.flatMap(({ findings }) => findings), ...strays];
}

/** Whether something is damaged. Days that are not complete, or not derived yet, are no damage. */
export function isDamaged(audit: LakeAudit): boolean {
  return findingsOf(audit).length > 0 || audit.days.some(({ staleFacts }) => staleFacts.length > 0);
}

async function daysOf(
  { candles }: AuditPorts,
  { interval }: LakeSettings,
  asOf: EpochMs,
): Promise<readonly EpochMs[]> {
  const first = earliestSlot((await candles.listSeries()).filter((one) => one.interval === interval));
  return [...daysOfLake(first, asOf)].filter((day) => day < asOf);
}

interface LakeFiles {
  readonly files: readonly string[];
  readonly settings: LakeSettings | null;
  readonly days: readonly EpochMs[];
}

async function findStrays(
  { derivation }: AuditPorts,
  { files, settings, days }: LakeFiles,
): Promise<readonly ObjectFinding[]> {
  const isLeftover = settings ? await findLeftovers(derivation, settings) : () => false;
  const known = new Set(settings ? days.flatMap((day) => objectPaths(settings, day)) : []);
  return files
    .filter((path) => !known.has(path) && !isLeftover(path))
    .map((path) => ({ path, kind: 'stray', detail: 'it belongs to no day of the store' }));
}

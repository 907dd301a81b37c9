import { earliestSlot } from '../domain/slots/seriesRecord.ts';
import { DAY_MS, type EpochMs, formatDate, MINUTE_MS, startOfDay } from '../domain/time/time.ts';
import { ConflictError } from '../errors.ts';
import {
  compareObjects,
  type FoundObjects,
  type LakeDamage,
  pathsOf,
  type SettledDay,
} from '../lake/objects.ts';
import type {
  CandleStore,
  DerivationStore,
  ListedObject,
  ObjectStore,
  ReportedEvent,
  YieldToHost,
} from '../ports.ts';
import type { LakeSettings } from '../settings/lakeSettings.ts';
import { findLeftovers } from './leftovers.ts';

export interface InspectPorts {
  readonly candles: Pick<CandleStore, 'listSeries'>;
  readonly derivation: DerivationStore;
  readonly objects: ObjectStore;
  readonly yieldToHost: YieldToHost;
}

/**
 * A part of the lake's days: from `from` to `to` (exclusive), where 0 is the first day and 1 the end of the
 * last.
 */
export interface LakeShare {
  readonly from: number;
  readonly to: number;
}

/**
 * A full inspection reads the content of at most so many bytes, the newest days first: half a second. Most
 * lakes are smaller; the rest of a larger one is read share by share.
 */
const MAX_BYTES_READ = 256 * 1024 * 1024;

/** One idle moment inspects the share of at most so much time: it catches up after a long derivation. */
const LONGEST_SHARE_MS = 10 * MINUTE_MS;

const NO_DAMAGE: LakeDamage = { damaged: [], unrecorded: [] };

/**
 * Compares the listing of the object store with the objects that the derivations of unmarked days left, and
 * marks the days that differ. Also removes objects that are not derived again and would go stale.
 */
export async function inspectLake(ports: InspectPorts, signal: AbortSignal): Promise<LakeDamage> {
  const settings = await ports.derivation.readSettings();
  if (!settings) return NO_DAMAGE;
  // Before the listing: a day that is derived meanwhile is marked, or differs and is derived once too often.
  const days = await settledDays(ports, settings, { from: 0, to: 1 });
  const listed = await ports.objects.list();
  const isLeftover = await findLeftovers(ports.derivation, settings);
  for (const object of listed) if (isLeftover(object.path)) await removeIfThere(ports.objects, object);
  const found = await findListed(ports, { days, listed, settings }, signal);
  return markDamage(ports, compareObjects(days, found, settings));
}

/** Reads the objects of a share of the days and compares them in the same way. */
export async function inspectShare(
  ports: InspectPorts,
  share: LakeShare,
  signal: AbortSignal,
): Promise<LakeDamage> {
  const settings = await ports.derivation.readSettings();
  if (!settings) return NO_DAMAGE;
  const days = await settledDays(ports, settings, share);
  const found = new Map<string, string>();
  for (const path of days.flatMap((day) => pathsOf(day, settings))) {
    const version = await ports.objects.version(path);
    if (version !== null) found.set(path, version);
    await ports.yieldToHost();
    signal.throwIfAborted();
  }
  return markDamage(ports, compareObjects(days, found, settings));
}

/** The unmarked days of a share of the lake, newest first. */
async function settledDays(
  { candles, derivation }: InspectPorts,
  { interval }: LakeSettings,
  { from, to }: LakeShare,
): Promise<readonly SettledDay[]> {
  const asOf = await derivation.readAsOf();
  const firstSlot = earliestSlot((await candles.listSeries()).filter((one) => one.interval === interval));
  if (firstSlot === null || firstSlot >= asOf) return [];
  const first = startOfDay(firstSlot);
  const count = Math.ceil((asOf - first) / DAY_MS);
  const start = first + Math.floor(from * count) * DAY_MS;
  const end = first + Math.floor(to * count) * DAY_MS;
  if (start === end) return [];
  const marked = new Set((await derivation.dirtyDays()).map(({ day }) => day));
  const recorded = new Map(
    (await derivation.readObjects(start, end)).map(({ day, objects }) => [day, objects]),
  );
  const days: SettledDay[] = [];
  for (let day: EpochMs = end - DAY_MS; day >= start; day -= DAY_MS) {
    if (!marked.has(day)) days.push({ day, objects: recorded.get(day) ?? null });
  }
  return days;
}

async function removeIfThere(
  objects: ObjectStore,
  { path, version }: Pick<ListedObject, 'path' | 'version'>,
): Promise<void> {
  try {
    await objects.remove(path, version ?? (await objects.version(path)));
  } catch (error) {
    // Another process removed it first.
    if (!(error instanceof ConflictError)) throw error;
  }
}

interface Listing {
  readonly days: readonly SettledDay[];
  readonly listed: readonly ListedObject[];
  readonly settings: LakeSettings;
}

/**
 * The versions of the listed objects of these days; those that the listing does not tell are read, up to the
 * limit.
 */
async function findListed(
  { objects, yieldToHost }: InspectPorts,
  { days, listed, settings }: Listing,
  signal: AbortSignal,
): Promise<FoundObjects> {
  const byPath = new Map(listed.map((object) => [object.path, object]));
  const found = new Map<string, string | null>();
  let bytesLeft = MAX_BYTES_READ;
  for (const path of days.flatMap((day) => pathsOf(day, settings))) {
    const object = byPath.get(path);
    if (!object) continue;
    found.set(path, object.version);
    if (object.version !== null || object.size > bytesLeft) continue;
    bytesLeft -= object.size;
    found.set(path, await objects.version(path));
    await yieldToHost();
    signal.throwIfAborted();
  }
  return found;
}

async function markDamage({ derivation }: InspectPorts, damage: LakeDamage): Promise<LakeDamage> {
  const days = new Set([...damage.damaged, ...damage.unrecorded]);
  if (days.size > 0) await derivation.markDays(days);
  return damage;
}

/**
 * The next share after an inspection up to `since`, and the instant up to which it counts. The days of the
 * lake are spread over the UTC day, so that each is inspected once in 24 hours however often the process is
 * restarted.
 */
export function nextShare(
  since: EpochMs,
  now: EpochMs,
): { readonly share: LakeShare; readonly until: EpochMs } {
  const from = Math.max(since, now - DAY_MS);
  const midnight = startOfDay(from);
  const until = Math.min(now, from + LONGEST_SHARE_MS, midnight + DAY_MS);
  return { share: { from: (from - midnight) / DAY_MS, to: (until - midnight) / DAY_MS }, until };
}

/** The lines about the days that an inspection marked. */
export function damageEvents({ damaged, unrecorded }: LakeDamage): readonly ReportedEvent[] {
  const events: ReportedEvent[] = [];
  if (damaged.length > 0) {
    const first = damaged.reduce((one, other) => Math.min(one, other));
    const message =
      `lake: objects of ${countOf(damaged)} from ${formatDate(first)} on are missing or were changed by ` +
      'something else; they are written again';
    events.push({ level: 'warn', kind: 'lake-damaged', message, fields: { days: damaged.length } });
  }
  if (unrecorded.length > 0) {
    const message = `lake: ${countOf(unrecorded)} derived again, to record what the objects are`;
    events.push({ level: 'info', kind: 'lake-unrecorded', message, fields: { days: unrecorded.length } });
  }
  return events;
}

function countOf({ length }: readonly EpochMs[]): string {
  return length === 1 ? '1 day' : `${length} days`;
}

import type { EpochMs } from '../domain/time/time.ts';
import { ConflictError } from '../errors.ts';
import type { DerivedBars, EncodeTable, ObjectStore, WithLakeLease } from '../ports.ts';
import type { LakeSettings } from '../settings/lakeSettings.ts';
import { type DayRows, type DeriveRowsPorts, deriveRows, objectPaths } from './deriveRows.ts';
import { readVersions, writeTables } from './writeTables.ts';

/** What derivation asks of its host. */
export interface DerivePorts extends DeriveRowsPorts {
  readonly objects: ObjectStore;
  readonly encode: EncodeTable;
  /** Hears the bars of a day when its objects are written and before its mark is cleared: what it throws leaves the mark, so they come again. */
  readonly beforeCommit?: (bars: readonly DerivedBars[]) => Promise<void>;
}

export interface DerivedDay {
  readonly day: EpochMs;
  /** Objects that were written or removed; not those found unchanged. */
  readonly objects: number;
  readonly bars: readonly DerivedBars[];
}

/** Without a lease another writer may come between; more often than this in a row it is not chance. */
const MAX_ATTEMPTS = 5;

/**
 * Derives one marked day: reads the generation of its mark and the versions of its objects, and only then what the rows are made of;
 * writes what changed; commits the checkpoints and clears the mark if no newer one came. Leaves a day without a mark alone and returns
 * null. Begins again when another writer came between; throws ConflictError when that goes on.
 */
export async function deriveDay(
  ports: DerivePorts,
  day: EpochMs,
  signal: AbortSignal,
): Promise<DerivedDay | null> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await deriveOnce(ports, day, signal);
    } catch (error) {
      if (!(error instanceof ConflictError) || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

export interface DerivePass {
  /** Called after each day, when its objects and checkpoints are written. */
  readonly onDay?: (derived: DerivedDay) => void;
}

/**
 * Derives the marked days, oldest first, each with the lease, and those that they mark in turn. A day that is marked again while the pass
 * runs is left to the next pass, so that the pass ends however busy the store is. Returns how many days and objects it wrote.
 */
export async function deriveDirtyDays(
  ports: DerivePorts & { readonly withLakeLease: WithLakeLease },
  signal: AbortSignal,
  { onDay }: DerivePass = {},
): Promise<{ readonly days: number; readonly objects: number }> {
  let days = 0;
  let objects = 0;
  let last = Number.NEGATIVE_INFINITY;
  for (;;) {
    signal.throwIfAborted();
    const next = (await ports.derivation.dirtyDays()).find(({ day }) => day > last);
    if (!next) return { days, objects };
    last = next.day;
    const derived = await ports.withLakeLease(() => deriveDay(ports, next.day, signal), signal);
    if (!derived) continue;
    days += 1;
    objects += derived.objects;
    onDay?.(derived);
  }
}

async function deriveOnce(ports: DerivePorts, day: EpochMs, signal: AbortSignal): Promise<DerivedDay | null> {
  const mark = (await ports.derivation.dirtyDays()).find((dirty) => dirty.day === day);
  const settings = await ports.derivation.readSettings();
  if (!mark || !settings) return null;
  const { objects, checkpoints, coverage, bars } = await writeDay(ports, settings, { day, signal });
  await ports.beforeCommit?.(bars);
  await ports.derivation.commitDay({ ...mark, checkpoints, coverage });
  return { day, objects, bars };
}

/**
 * Writes the objects of a day as they follow from the store by now, and commits nothing. Whoever reads a mark or a setting for it reads
 * them before. Throws ConflictError when another writer came between.
 */
export async function writeDay(
  ports: DerivePorts,
  settings: LakeSettings,
  { day, signal }: { readonly day: EpochMs; readonly signal: AbortSignal },
): Promise<DayRows & Pick<DerivedDay, 'objects'>> {
  const versions = await readVersions(ports.objects, objectPaths(settings, day));
  const rows = await deriveRows(ports, settings, day, signal);
  const objects = await writeTables(ports, rows.tables, versions);
  return { ...rows, objects };
}

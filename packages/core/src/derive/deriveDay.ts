import type { EpochMs } from '../domain/time/time.ts';
import { ConflictError } from '../errors.ts';
import { objectPaths } from '../lake/partitions.ts';
import type {
  CandleStore,
  DerivationStore,
  DerivedBars,
  DirtyDay,
  EncodeAnywhere,
  Fingerprint,
  ObjectStore,
} from '../ports.ts';
import { type ComputePorts, computeDay } from './computeDay.ts';
import { readPresent, replaceObjects } from './replaceObjects.ts';

export interface DerivePorts extends ComputePorts {
  readonly candles: CandleStore;
  readonly derivation: DerivationStore;
  readonly objects: ObjectStore;
  readonly encode: EncodeAnywhere;
  /** Left out, every table is encoded, also one whose object has its content already. */
  readonly fingerprint?: Fingerprint;
}

export interface DerivedDay {
  readonly day: EpochMs;
  /** Objects that were written or removed; not those found unchanged. */
  readonly objects: number;
  readonly bars: readonly DerivedBars[];
}

/**
 * Without a lease, another process may write an object in between; more conflicts in a row than this are a
 * fault.
 */
const MAX_ATTEMPTS = 5;

/**
 * Derives one marked day (docs/truth.md, "How a correction travels"): writes the objects that changed,
 * commits checkpoints and coverage, and clears the mark if the day was not marked again since. Starts over
 * when another process wrote one of its objects in between; throws ConflictError when that happens {@link
 * MAX_ATTEMPTS} times in a row.
 */
export async function deriveDay(
  ports: DerivePorts,
  mark: DirtyDay,
  signal: AbortSignal,
): Promise<DerivedDay> {
  const { day } = mark;
  for (let attempt = 1; ; attempt++) {
    try {
      const settings = await ports.derivation.readSettings();
      if (!settings) throw new Error('the store has marked days, expected recorded settings too');
      // Versions before rows: an object that another process writes from newer rows is then a conflict.
      const present = await readPresent(ports, day, objectPaths(settings, day));
      const { tables, bars, ...results } = await computeDay(ports, settings, { day, signal });
      const { changed, ...written } = await replaceObjects(ports, tables, present);
      await ports.derivation.commitDay({ ...mark, ...results, ...written });
      return { day, objects: changed, bars };
    } catch (error) {
      if (!(error instanceof ConflictError) || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

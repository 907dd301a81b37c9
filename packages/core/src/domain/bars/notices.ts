import { DAY_MS, type EpochMs } from '../time/time.ts';
import type { Crossover } from './crossovers.ts';

/** A crossover of a derived day. */
export interface FoundCrossover {
  readonly crossover: Crossover;
  /** Whether its bar is complete and live. */
  readonly isLive: boolean;
}

/** Says that a crossover is there, or that a correction undid it. */
export interface CrossoverNotice extends Crossover {
  /** A retraction repeats the values of the notice that it takes back. */
  readonly state: 'crossed' | 'retracted';
  /** Counts the notices of this id from 1. A repeat of a notice has the same number. */
  readonly sequence: number;
}

/** A notice is kept for this time after the close of its bar. A correction after it retracts nothing. */
export const NOTICE_LIFE_MS = 90 * DAY_MS;

export interface NoticeInput {
  /** The last notice of each crossover of the day. */
  readonly known: readonly CrossoverNotice[];
  /** All crossovers of the day, as derived now. */
  readonly found: readonly FoundCrossover[];
  /** Bars that closed by then are history under the present settings; null: all are. */
  readonly since: EpochMs | null;
}

/**
 * The notices that a derived day gives: `crossed` for each crossover of a live bar, and `retracted` when one
 * that was announced is gone. Those of one id alternate, and the last one says what the lake shows. By close
 * time; at the same bar retractions come first.
 */
export function planNotices({ known, found, since }: NoticeInput): readonly CrossoverNotice[] {
  if (since === null) return [];
  const lastOf = new Map(known.map((notice) => [notice.id, notice]));
  const present = new Set(found.map(({ crossover }) => crossover.id));
  const retracted = known
    .filter(({ id, state }) => state === 'crossed' && !present.has(id))
    .map((notice) => ({ ...notice, state: 'retracted' as const, sequence: notice.sequence + 1 }));
  const crossed = found
    .filter(({ crossover: { id, status }, isLive }) => {
      const last = lastOf.get(id);
      return last ? last.state === 'retracted' && status === 'complete' : isLive;
    })
    .map(({ crossover }) => ({
      ...crossover,
      state: 'crossed' as const,
      sequence: (lastOf.get(crossover.id)?.sequence ?? 0) + 1,
    }));
  return [...retracted, ...crossed]
    .filter(({ closeTime }) => closeTime > since)
    .sort((one, other) => one.closeTime - other.closeTime);
}

/** The order in which notices are shown: the newest bar first. */
export function newestFirst(one: CrossoverNotice, other: CrossoverNotice): number {
  return other.closeTime - one.closeTime || (one.id < other.id ? -1 : 1);
}

import type { StatusAnswer } from '@candlelake/core';

/** Clients are told the status at least this often, in real ms: it is also the sign that the server lives. */
const REPEAT_MS = 5_000;
/** How often a change of the status is looked for, in real ms. */
const LOOK_MS = 1_000;

/** Says when clients are to be told the status again. */
export interface StatusNews {
  /** The status when it has changed or is due; null otherwise. `now` is real time. */
  next(now: number): StatusAnswer | null;
}

export function createStatusNews(status: () => StatusAnswer): StatusNews {
  let lookedAt = 0;
  let toldAt = 0;
  let told = '';
  return {
    next(now) {
      if (now - lookedAt < LOOK_MS) return null;
      lookedAt = now;
      const answer = status();
      // These change all the time.
      const { now: _now, lateness_ms: _late, last_frame: _frame, ...rest } = answer;
      const text = JSON.stringify(rest);
      if (text === told && now - toldAt < REPEAT_MS) return null;
      told = text;
      toldAt = now;
      return answer;
    },
  };
}

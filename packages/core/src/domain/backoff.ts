/** Between none and this much of the wait is chance, so that many clients that failed together do not come back together. */
export interface BackoffLimits {
  /** Never shorter than this, whatever chance says. */
  readonly floorMs: number;
  /** The longest first wait; doubles with each failure. */
  readonly baseMs: number;
  readonly capMs: number;
}

/** Full jitter: a random wait between the floor and base × 2^failures, at most the cap. `failures` counts from 0. In ms. */
export function backoffMs(failures: number, limits: BackoffLimits, random: () => number): number {
  const longest = Math.min(limits.capMs, limits.baseMs * 2 ** Math.min(failures, 30));
  return Math.round(limits.floorMs + random() * Math.max(0, longest - limits.floorMs));
}

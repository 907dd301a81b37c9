/**
 * Limits of a random wait, in ms. The wait is random so that clients that failed together do not return
 * together.
 */
export interface BackoffLimits {
  /** The shortest wait. */
  readonly floorMs: number;
  /** The longest wait after the first failure; doubles with each further one. */
  readonly baseMs: number;
  /** The longest wait of all. */
  readonly capMs: number;
}

/**
 * A random wait between the floor and base × 2^failures, at most the cap, in ms. `failures` counts from 0.
 */
export function backoffMs(failures: number, limits: BackoffLimits, random: () => number): number {
  const longest = Math.min(limits.capMs, limits.baseMs * 2 ** Math.min(failures, 30));
  return Math.round(limits.floorMs + random() * Math.max(0, longest - limits.floorMs));
}

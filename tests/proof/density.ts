/** The most events within any window of each length, whenever the window begins. */
export interface Density {
  /** Notes an event; times ascend. */
  add(at: number): void;
  readonly most: ReadonlyMap<number, number>;
}

/** Windows are half-open: an event exactly one length after another is in the next window. */
export function createDensity(windowsMs: readonly number[]): Density {
  const longest = Math.max(...windowsMs);
  const most = new Map(windowsMs.map((windowMs) => [windowMs, 0]));
  let recent: number[] = [];
  return {
    most,
    add(at) {
      recent = recent.filter((time) => time > at - longest);
      recent.push(at);
      for (const windowMs of windowsMs) {
        const inside = recent.filter((time) => time > at - windowMs).length;
        most.set(windowMs, Math.max(most.get(windowMs)!, inside));
      }
    },
  };
}

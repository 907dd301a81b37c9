/** The most events within any window of each length, whenever the window begins. */
export interface Density {
  /** Notes an event; times ascend. */
  add(at: number): void;
  readonly most: ReadonlyMap<number, number>;
}

/** Windows are half-open: an event exactly one length after another is in the next window. */
export function createDensity(windowsMs: readonly number[]): Density {
  const times: number[] = [];
  const most = new Map(windowsMs.map((windowMs) => [windowMs, 0]));
  /** Of the window that ends with the last event, the index of its first. */
  const first = new Map(most);
  return {
    most,
    add(at) {
      times.push(at);
      for (const windowMs of windowsMs) {
        let index = first.get(windowMs)!;
        while (times[index]! <= at - windowMs) index += 1;
        first.set(windowMs, index);
        most.set(windowMs, Math.max(most.get(windowMs)!, times.length - index));
      }
    },
  };
}

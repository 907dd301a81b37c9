/** Days and symbols of a run unless others are named: recorded seeds are of this size. */
export const DEFAULT_SIZE = { days: 1, symbols: 2 } as const;

/** The seeds of `7` or `0..199`. */
export function seedsOf(text: string): readonly number[] {
  const [first = 0, last = first] = text.split('..').map(Number);
  if (!(first <= last)) throw new Error(`seeds "${text}": expected a number, or two like 0..199`);
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

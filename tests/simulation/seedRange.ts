/** Days and symbols of a run unless others are named: recorded seeds are of this size. */
export const DEFAULT_SIZE = { days: 1, symbols: 2 } as const;

const MOST_DAYS = 366;
const MOST_SYMBOLS = 6;

/** The seeds of `7`, `0..199` or `0..199,992,1022`. Throws for another text. */
export function seedsOf(text: string): readonly number[] {
  return text.split(',').flatMap((part) => {
    const [, from, to = from] = /^(\d+)(?:\.\.(\d+))?$/.exec(part) ?? [];
    const first = Number(from);
    const count = Number(to) - first + 1;
    if (!(count > 0))
      throw new Error(`--seeds "${text}": expected numbers, or ranges like 0..199, with commas between them`);
    return Array.from({ length: count }, (_, index) => first + index);
  });
}

/** The size of a run by its texts. Throws for other numbers than a run can have. */
export function sizeOf(values: { readonly days: string; readonly symbols: string }) {
  const days = Number(values.days);
  const symbols = Number(values.symbols);
  if (!(days > 0 && days <= MOST_DAYS))
    throw new Error(`--days "${values.days}": expected a number above 0, at most ${MOST_DAYS}`);
  if (!(Number.isInteger(symbols) && symbols >= 1 && symbols <= MOST_SYMBOLS))
    throw new Error(`--symbols "${values.symbols}": expected 1 to ${MOST_SYMBOLS}`);
  return { days, symbols };
}

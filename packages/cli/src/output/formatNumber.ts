/** Fraction digits beyond which a double says nothing about a price. */
const MAX_FRACTION_DIGITS = 12;

/** Fraction digits that show all prices in full: the symbol's precision, or more when a price has more. */
export function priceDigits(prices: readonly number[], precision: number | null): number {
  return Math.min(MAX_FRACTION_DIGITS, Math.max(precision ?? 0, ...prices.map(fractionDigits)));
}

/** A volume with at most four fraction digits, fewer for larger volumes. */
export function formatVolume(volume: number): string {
  if (volume >= 1_000_000) return volume.toFixed(0);
  return volume.toFixed(volume >= 1_000 ? 2 : 4);
}

/**
 * A count with commas between thousands: `175,200`. Not with `toLocaleString`: its first use loads tables of
 * languages, 7 MB of resident memory.
 */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** `1 candle`, `175,200 candles`. */
export function countOf(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** `512 B`, `1.4 MB`: units of 1,000. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let [value, unit] = [bytes, 0];
  for (; value >= 1_000 && unit < units.length - 1; unit++) value /= 1_000;
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

/** Fraction digits of the shortest decimal that is this double. */
function fractionDigits(value: number): number {
  const [mantissa = '', exponent = '0'] = String(value).split('e');
  const digits = mantissa.split('.')[1]?.length ?? 0;
  return Math.max(0, digits - Number(exponent));
}

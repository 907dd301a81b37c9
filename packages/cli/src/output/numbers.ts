/** Digits behind the point past which a double has nothing to say about a price. */
const MOST_DIGITS = 12;

/** Digits behind the point that show all prices: the symbol's precision, or more where a price has more. */
export function priceDigits(prices: readonly number[], precision: number | null): number {
  return Math.min(MOST_DIGITS, Math.max(precision ?? 0, ...prices.map(fractionDigits)));
}

/** A volume in at most four digits behind the point, fewer the larger it is. */
export function formatVolume(volume: number): string {
  if (volume >= 1_000_000) return volume.toFixed(0);
  return volume.toFixed(volume >= 1_000 ? 2 : 4);
}

/** Digits behind the point of the shortest decimal that is this double. */
function fractionDigits(value: number): number {
  const [mantissa = '', exponent = '0'] = String(value).split('e');
  const digits = mantissa.split('.')[1]?.length ?? 0;
  return Math.max(0, digits - Number(exponent));
}

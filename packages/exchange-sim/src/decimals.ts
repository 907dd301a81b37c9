/**
 * `units / 10^decimals` as text with exactly `decimals` digits after the point. `units` is a whole number.
 */
export function formatUnits(units: number, decimals: number): string {
  if (decimals === 0) return String(units);
  const digits = String(units).padStart(decimals + 1, '0');
  return `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

/** {@link formatUnits} with `shown` digits after the point, rounded to the nearest. */
export function formatRounded(units: number, decimals: number, shown: number): string {
  if (shown >= decimals) return formatUnits(units * 10 ** (shown - decimals), shown);
  return formatUnits(Math.round(units / 10 ** (decimals - shown)), shown);
}

/** How many digits a decimal text has after the point. */
export function decimalsOf(text: string): number {
  const point = text.indexOf('.');
  return point < 0 ? 0 : text.length - point - 1;
}

/** `10^-decimals` as a number. */
export function decimalStep(decimals: number): number {
  return Number(`1e-${decimals}`);
}

/** `units / 10^decimals` as text with exactly that many digits behind the point; whole numbers in, no rounding. */
export function formatUnits(units: number, decimals: number): string {
  if (decimals === 0) return String(units);
  const digits = String(units).padStart(decimals + 1, '0');
  return `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

/** The same with fewer digits shown, rounded to the nearest. */
export function formatRounded(units: number, decimals: number, shown: number): string {
  if (shown >= decimals) return formatUnits(units * 10 ** (shown - decimals), shown);
  return formatUnits(Math.round(units / 10 ** (decimals - shown)), shown);
}

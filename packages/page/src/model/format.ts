/** How the page writes numbers and times. */

export type TimeZone = 'UTC' | 'local';

const MINUS = '\u2212';
/** More decimals than any price of the exchange has. */
const MAX_DECIMALS = 12;

/** The decimals of a symbol's prices; while they are not known, as many as the given prices need. */
export function priceDecimals(precision: number | null, prices: readonly number[]): number {
  if (precision !== null) return precision;
  const decimals = prices.map(
    (price) => (/\.(\d+)/.exec(price.toFixed(MAX_DECIMALS).replace(/0+$/, ''))?.[1] ?? '').length,
  );
  return Math.max(0, ...decimals.map((count) => Math.min(count, MAX_DECIMALS)));
}

const priceFormats = new Map<number, Intl.NumberFormat>();

/** A price with the decimals of its symbol, groups of three separated by commas. */
export function formatPrice(price: number, decimals: number): string {
  let format = priceFormats.get(decimals);
  if (!format) {
    format = new Intl.NumberFormat('en-US', {
      minimumFractionDigits: decimals,
      maximumFractionDigits: decimals,
    });
    priceFormats.set(decimals, format);
  }
  return format.format(price).replace('-', MINUS);
}

const compact = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 4, notation: 'compact' });
const plain = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 6 });

/** A volume in at most six significant digits; from 100,000 on in thousands, millions and so on. */
export function formatVolume(volume: number): string {
  return volume < 100_000 ? plain.format(volume) : compact.format(volume);
}

/** A change against an earlier price in percent, with its sign. */
export function formatChange(price: number, before: number): string {
  const percent = ((price - before) / before) * 100;
  const digits = Math.abs(percent).toFixed(2);
  const sign = digits === '0.00' ? '' : percent < 0 ? MINUS : '+';
  return `${sign}${digits} %`;
}

const timeFormats = new Map<string, Intl.DateTimeFormat>();

/** The parts of an instant that `options` name, in UTC or in the zone of the browser. */
function timeParts(
  instant: number,
  zone: TimeZone,
  seconds: boolean,
): Readonly<Partial<Record<Intl.DateTimeFormatPartTypes, string>>> {
  const key = `${zone} ${seconds}`;
  let format = timeFormats.get(key);
  if (!format) {
    format = new Intl.DateTimeFormat('en-GB', {
      ...{ year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' },
      ...(seconds ? { second: '2-digit' } : {}),
      ...(zone === 'UTC' ? { timeZone: 'UTC' } : {}),
      hourCycle: 'h23',
    });
    timeFormats.set(key, format);
  }
  return Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, value]));
}

/** `2026-11-20 23:48` */
export function formatMinute(instant: number, zone: TimeZone): string {
  const { year, month, day, hour, minute } = timeParts(instant, zone, false);
  return `${year}-${month}-${day} ${hour}:${minute}`;
}

/** `23:48:07` */
export function formatSecond(instant: number, zone: TimeZone): string {
  const { hour, minute, second } = timeParts(instant, zone, true);
  return `${hour}:${minute}:${second}`;
}

/** The kinds of marks on the time axis, as the chart numbers them. */
const MARK_FORMATS = [
  ({ year }: Parts) => year!,
  ({ year, month }: Parts) => `${MONTHS[Number(month) - 1]} ${year}`,
  ({ month, day, hour, minute }: Parts) =>
    hour === '00' && minute === '00'
      ? `${Number(day)} ${MONTHS[Number(month) - 1]}`
      : `${Number(day)} ${MONTHS[Number(month) - 1]} ${hour}:${minute}`,
  ({ hour, minute }: Parts) => `${hour}:${minute}`,
  ({ hour, minute }: Parts) => `${hour}:${minute}`,
] as const;
type Parts = ReturnType<typeof timeParts>;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * The text of a mark on the time axis: 0 begins a year, 1 a month, 2 a day, 3 and 4 are times. Days of the
 * chart begin at 00:00 UTC; in local time the mark of a day names the hour if it is another.
 */
export function formatMark(instant: number, kind: number, zone: TimeZone): string {
  return MARK_FORMATS[kind]!(timeParts(instant, zone, false));
}

/** `850 ms`, `4.2 s`, `3 min`, `2 h`: a duration in one unit. */
export function formatDuration(lengthMs: number): string {
  if (lengthMs < 1000) return `${Math.round(lengthMs)} ms`;
  if (lengthMs < 10_000) return `${(lengthMs / 1000).toFixed(1)} s`;
  if (lengthMs < 120_000) return `${Math.round(lengthMs / 1000)} s`;
  if (lengthMs < 7_200_000) return `${Math.round(lengthMs / 60_000)} min`;
  return `${Math.round(lengthMs / 3_600_000)} h`;
}

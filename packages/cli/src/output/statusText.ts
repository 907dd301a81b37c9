import {
  type BarRow,
  barAt,
  DAY_MS,
  type EpochMs,
  formatTimeframe,
  type Health,
  SECOND_MS,
} from '@candlelake/core';
import { priceDigits } from './formatNumber.ts';

/** What the status line of a stream shows. Instants are exchange time. */
export interface StreamView {
  readonly now: EpochMs;
  readonly health: Pick<Health, 'status' | 'reason'>;
  /** When the last frame of the exchange arrived; null before the first. */
  readonly lastFrameAt: EpochMs | null;
  readonly timeframeMinutes: number;
  /** The newest bar of the first symbols; null while there is none. */
  readonly bars: readonly { readonly symbol: string; readonly bar: BarRow | null }[];
  /** Symbols that are not shown. */
  readonly others: number;
}

/** `live 0.4 s ago  BTC-USDT 116800.1 +0.12 % 3/7  21m closes in 7:12`: one line of plain text. */
export function statusText(view: StreamView): string {
  const { now, health, lastFrameAt, timeframeMinutes, bars, others } = view;
  const age = lastFrameAt === null ? null : Math.max(0, now - lastFrameAt) / SECOND_MS;
  const link =
    health.status !== 'ok' ? `! ${health.reason}` : `live ${age === null ? '-' : age.toFixed(1)} s ago`;
  const { closeTime } = barAt(now, timeframeMinutes);
  const close = `${formatTimeframe(timeframeMinutes)} closes in ${formatLeft(closeTime - now)}`;
  const symbols = bars.map(({ symbol, bar }) => symbolText(symbol, bar, now));
  return [link, ...symbols, ...(others > 0 ? [`and ${others} more`] : []), close].join('  ');
}

/** The last price, its change in the open bar and the candles of it. A closed bar is not open any more. */
function symbolText(symbol: string, bar: BarRow | null, now: EpochMs): string {
  if (bar === null || bar.close_time <= now || bar.close_time > now + DAY_MS) return `${symbol} -`;
  const digits = priceDigits([bar.open, bar.close], null);
  const percent = ((bar.close / bar.open - 1) * 100).toFixed(2).replace('-0.00', '0.00');
  const change = percent.startsWith('-') ? percent : `+${percent}`;
  return `${symbol} ${bar.close.toFixed(digits)} ${change} % ${bar.candle_count}/${bar.expected_count}`;
}

/** `7:12`, `1:07:12`. */
function formatLeft(ms: number): string {
  const seconds = Math.ceil(ms / SECOND_MS);
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  const tail = String(seconds % 60).padStart(2, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${tail}` : `${minutes}:${tail}`;
}

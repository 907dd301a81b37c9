import { type AlertFormat, type CrossoverNotice, formatInstant } from '@candlelake/core';

/** The body of the POST for a notice, as JSON. */
export function webhookBody(notice: CrossoverNotice, format: AlertFormat, url: URL): string {
  if (format === 'json') return JSON.stringify(notice);
  const text = noticeText(notice);
  if (format === 'slack') return JSON.stringify({ text });
  // Without it, Discord would ping everybody when a symbol spells a mention.
  if (format === 'discord') return JSON.stringify({ content: text, allowed_mentions: { parse: [] } });
  return JSON.stringify({ chat_id: url.searchParams.get('chat_id'), text });
}

/** A notice in one line for people. */
function noticeText(notice: CrossoverNotice): string {
  const { market, symbol, timeframe, kind, state, closeTime, close, maShort, maLong } = notice;
  const place = market === 'swap' ? symbol : `${symbol} (${market})`;
  const name = kind === 'GOLDEN_CROSS' ? 'golden cross' : 'death cross';
  const bar = `${place} ${timeframe}, bar closed ${formatInstant(closeTime)}`;
  const values = `close ${round(close)}, averages ${round(maShort)} and ${round(maLong)}`;
  if (state === 'crossed') return `${name}: ${bar}, ${values}`;
  return `${name} retracted: ${bar}; the exchange has corrected its candles`;
}

/** Eight digits tell two averages of the same price apart. */
function round(value: number): string {
  return String(Number(value.toPrecision(8)));
}

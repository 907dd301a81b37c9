import type { BarRow, EpochMs, Health, Settings, StreamStatus } from '@candlelake/core';
import type { Display } from '../output/display.ts';
import { statusText } from '../output/statusText.ts';

export interface StatusLineOptions {
  readonly display: Pick<Display, 'drawsBottom' | 'showStatus'>;
  readonly settings: Pick<Settings, 'symbols' | 'timeframes'>;
  readonly status: () => StreamStatus;
  readonly health: () => Health;
  readonly exchangeNow: () => EpochMs;
  /** The newest bar of a symbol, the open one if it has a candle; null when there is none. */
  readonly newestBar: (symbol: string, timeframeMinutes: number) => Promise<BarRow | null>;
}

/** In real time: about as often as the exchange sends. */
const EVERY_MS = 1_000;
/** What fits into a line of 120 columns. */
const SHOWN_SYMBOLS = 3;

/**
 * Draws the status of a stream on the last line of a terminal every second, until the returned function is
 * called.
 */
export function startStatusLine(options: StatusLineOptions): () => void {
  if (!options.display.drawsBottom) return () => {};
  let isStopped = false;
  let isDrawing = false;
  const timer = setInterval(async () => {
    // The reader of the store may be slow; the next second has newer bars.
    if (isDrawing) return;
    isDrawing = true;
    const text = await readText(options);
    isDrawing = false;
    if (!isStopped) options.display.showStatus(text);
  }, EVERY_MS);
  return () => {
    isStopped = true;
    clearInterval(timer);
  };
}

async function readText(options: StatusLineOptions): Promise<string> {
  const { settings, status, health, exchangeNow, newestBar } = options;
  const [timeframeMinutes = 1] = settings.timeframes;
  const shown = settings.symbols.slice(0, SHOWN_SYMBOLS);
  const bars = await Promise.all(
    shown.map(async (symbol) => ({
      symbol,
      bar: await newestBar(symbol, timeframeMinutes).catch(() => null),
    })),
  );
  const { lastFrameAt } = status().link;
  const others = settings.symbols.length - shown.length;
  return statusText({ now: exchangeNow(), health: health(), lastFrameAt, timeframeMinutes, bars, others });
}

import type { BarRow, BarsAnswer, CoverageAnswer, CoverageRun, StatusAnswer } from '@candlelake/core';
import { type BarWindow, EMPTY_WINDOW, withLive, withNewer, withOlder } from '../model/barWindow.ts';
import { replaceRuns } from '../model/coverageRuns.ts';
import { timeframeMs } from '../model/timeframe.ts';
import type { VisibleRange } from '../model/urlState.ts';
import { listen, RefusedError, readBars, readCoverage } from './client.ts';

export interface SessionListeners {
  /** The bars changed. `isNew`: they have nothing to do with those before, and the view starts anew. */
  bars(bars: readonly BarRow[], change: { readonly onlyLast: boolean; readonly isNew: boolean }): void;
  coverage(): void;
  status(status: StatusAnswer): void;
  /** The server answers, or does not. */
  answered(isAnswered: boolean): void;
}

export interface SessionOptions {
  readonly symbol: string;
  readonly timeframe: string;
  /** What to show first; null for the newest bars. */
  readonly range: VisibleRange | null;
  /** The last known time of the server. */
  readonly serverNow: () => number;
}

/** The first page fills a wide screen; a small one brings the first picture sooner. */
const FIRST_BARS = 300;
const PAGE_BARS = 1000;
const RETRY_MS = 2000;

/** The bars and coverage of one symbol and timeframe, loaded in pages and kept up to date. */
export class Session {
  readonly symbol: string;
  readonly timeframe: string;
  #window: BarWindow = EMPTY_WINDOW;
  #runs: readonly CoverageRun[] = [];
  #isLoading = false;
  /** Bars that came while the first page was on its way; null after it. */
  #early: BarRow[] | null = [];
  #problem: string | null = null;
  #stopListening = () => {};
  readonly #abort = new AbortController();
  readonly #options: SessionOptions;
  readonly #listeners: SessionListeners;

  constructor(options: SessionOptions, listeners: SessionListeners) {
    this.symbol = options.symbol;
    this.timeframe = options.timeframe;
    this.#options = options;
    this.#listeners = listeners;
    this.#listen();
    void this.#loadFirst(options.range);
  }

  get runs(): readonly CoverageRun[] {
    return this.#runs;
  }

  get bars(): readonly BarRow[] {
    return this.#window.bars;
  }

  /** The window ends with the newest bar. */
  get reachesNewest(): boolean {
    return this.#window.newer === null;
  }

  get isLoading(): boolean {
    return this.#isLoading;
  }

  /** What the server said when it refused; null while it does not. */
  get problem(): string | null {
    return this.#problem;
  }

  close(): void {
    this.#abort.abort();
    this.#stopListening();
  }

  /** Loads the next page of older bars, when there is one and none is on its way. */
  loadOlder(): void {
    const { older } = this.#window;
    if (older === null) return;
    void this.#load({ to: older, limit: PAGE_BARS }, ({ bars, next }) => {
      this.#setWindow(withOlder(this.#window, bars, next));
      return { from: bars[0]?.open_time ?? older, to: older };
    });
  }

  /** The same of newer bars, when the window does not reach the newest. */
  loadNewer(): void {
    const { newer } = this.#window;
    if (newer === null) return;
    const to = newer + PAGE_BARS * timeframeMs(this.timeframe);
    void this.#load({ from: newer, to, limit: PAGE_BARS }, ({ bars }) => {
      this.#setWindow(withNewer(this.#window, bars, to < this.#options.serverNow() ? to : null));
      return { from: newer, to };
    });
  }

  /** Shows the newest bars: loads them when the window does not reach them. Returns whether it had to. */
  loadNewest(): boolean {
    if (this.#window.newer === null) return false;
    void this.#loadFirst(null);
    return true;
  }

  async #loadFirst(range: VisibleRange | null): Promise<void> {
    const lengthMs = timeframeMs(this.timeframe);
    this.#early = [];
    const to = range && range.to + (FIRST_BARS / 4) * lengthMs;
    const isPast = to !== null && to < this.#options.serverNow();
    const shown = range ? Math.ceil((range.to - range.from) / lengthMs) : 0;
    const limit = Math.min(PAGE_BARS, Math.max(FIRST_BARS, shown + FIRST_BARS / 2));
    await this.#load(isPast ? { to, limit } : { limit }, ({ bars, next }) => {
      this.#window = { bars, older: next, newer: isPast ? (bars.at(-1)?.close_time ?? to) : null };
      this.#runs = [];
      this.#window = withLive(this.#window, this.#early ?? []).window;
      this.#early = null;
      this.#listeners.bars(this.#window.bars, { onlyLast: false, isNew: true });
      const end = isPast ? to : Math.max(this.#options.serverNow(), bars.at(-1)?.close_time ?? 0);
      return bars[0] ? { from: bars[0].open_time, to: end } : null;
    });
  }

  /** Loads a page and the coverage of the range that `take` returns. Tries again while nothing answers. */
  async #load(
    query: { from?: number; to?: number; limit: number },
    take: (page: BarsAnswer) => { from: number; to: number } | null,
  ): Promise<void> {
    if (this.#isLoading) return;
    const { signal } = this.#abort;
    const { symbol, timeframe } = this;
    this.#isLoading = true;
    try {
      const range = take(await readBars({ symbol, timeframe, ...query }, signal));
      this.#problem = null;
      if (range) this.#cover(await readCoverage({ symbol, ...range }, signal));
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof RefusedError) this.#problem = error.message;
      else setTimeout(() => signal.aborted || this.#load(query, take), RETRY_MS);
    } finally {
      this.#isLoading = false;
      if (!signal.aborted) this.#listeners.coverage();
    }
  }

  #cover({ runs, ...range }: CoverageAnswer): void {
    this.#runs = replaceRuns(this.#runs, range, runs);
    this.#listeners.coverage();
  }

  #setWindow(window: BarWindow): void {
    this.#window = window;
    this.#listeners.bars(window.bars, { onlyLast: false, isNew: false });
  }

  #merge(bars: readonly BarRow[]): void {
    if (this.#early) {
      this.#early.push(...bars);
      return;
    }
    const { window, onlyLast } = withLive(this.#window, bars);
    if (window === this.#window) return;
    this.#window = window;
    this.#listeners.bars(window.bars, { onlyLast, isNew: false });
  }

  /** Reads the bars of a range again. What fails here is read with the next reset or page. */
  async #reload({ from, to }: { from: number; to: number }): Promise<void> {
    const { symbol, timeframe } = this;
    const query = { symbol, from, to };
    const { signal } = this.#abort;
    try {
      this.#merge((await readBars({ ...query, timeframe, limit: PAGE_BARS }, signal)).bars);
      this.#cover(await readCoverage(query, signal));
    } catch (error) {
      if (!signal.aborted) console.warn(error);
    }
  }

  #listen(): void {
    const { symbol, timeframe } = this;
    this.#stopListening = listen(
      { symbol, timeframe },
      {
        bar: (bar) => this.#merge([bar]),
        stale: (range) => void this.#reload(range),
        coverage: (coverage) => this.#cover(coverage),
        status: this.#listeners.status,
        reset: () => void this.#loadFirst(null),
        connected: this.#listeners.answered,
        refused: () =>
          setTimeout(() => {
            if (!this.#abort.signal.aborted) this.#listen();
          }, RETRY_MS),
      },
    );
  }
}

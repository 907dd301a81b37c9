import type { BarRow, BarsAnswer, CoverageAnswer } from '@candlelake/core';
import {
  type BarWindow,
  EMPTY_WINDOW,
  MAX_BARS,
  withLive,
  withNewer,
  withOlder,
} from '../model/barWindow.ts';
import { type KnownCoverage, NO_COVERAGE, withCoverage } from '../model/coverageRuns.ts';
import { timeframeMs } from '../model/timeframe.ts';
import type { VisibleRange } from '../model/urlState.ts';
import { listen, RefusedError, readBars, readCoverage } from './client.ts';
import type { SessionListeners, SessionOptions } from './sessionOptions.ts';

/** The first page fills a wide screen; a small one brings the first picture sooner. */
const FIRST_BARS = 300;
const PAGE_BARS = 1000;
const RETRY_MS = 2000;

/** The bars and coverage of one symbol and timeframe, loaded in pages and kept up to date. */
export class Session {
  readonly symbol: string;
  readonly timeframe: string;
  #window: BarWindow = EMPTY_WINDOW;
  #coverage = NO_COVERAGE;
  readonly #live = new Set<number>();
  #isLoading = false;
  /** Bars that came while the first page was on its way; null after it. */
  #early: BarRow[] | null = [];
  #problem: string | null = null;
  #stopListening = () => {};
  /** Aborted at the end of the session. */
  readonly #end = new AbortController();
  /** Aborted when what is on its way would not fit to the bars any more. */
  #loads = new AbortController();
  readonly #options: SessionOptions;
  readonly #listeners: SessionListeners;

  constructor(options: SessionOptions, listeners: SessionListeners) {
    this.symbol = options.symbol;
    this.timeframe = options.timeframe;
    this.#options = options;
    this.#listeners = listeners;
    this.#start(options.range);
  }

  get coverage(): KnownCoverage {
    return this.#coverage;
  }

  /** Open times of bars that came live while the page was open, and of which history filled nothing. */
  get live(): ReadonlySet<number> {
    return this.#live;
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
    this.#end.abort();
    this.#loads.abort();
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

  /** Listens before it loads, so that no change is lost between the two. */
  #start(range: VisibleRange | null): void {
    this.#listen();
    void this.#loadFirst(range);
  }

  async #loadFirst(range: VisibleRange | null): Promise<void> {
    this.#loads.abort();
    this.#loads = new AbortController();
    this.#isLoading = false;
    this.#early = [];
    const lengthMs = timeframeMs(this.timeframe);
    const to = range && range.to + (FIRST_BARS / 4) * lengthMs;
    const past = to !== null && to < this.#options.serverNow() ? to : null;
    const shown = range ? Math.ceil((range.to - range.from) / lengthMs) : 0;
    const limit = Math.min(PAGE_BARS, Math.max(FIRST_BARS, shown + FIRST_BARS / 2));
    await this.#load(past === null ? { limit } : { to: past, limit }, ({ bars, next }) =>
      this.#takeFirst({ bars, older: next, newer: past && (bars.at(-1)?.close_time ?? past) }, range),
    );
    // A range before the first bar, such as one of an old address.
    if (past !== null && this.bars.length === 0 && !this.#loads.signal.aborted && this.#early === null)
      await this.#loadFirst(null);
  }

  #takeFirst(window: BarWindow, range: VisibleRange | null): VisibleRange | null {
    this.#window = withLive(window, this.#early ?? []).window;
    this.#early = null;
    this.#coverage = NO_COVERAGE;
    const { bars, newer } = this.#window;
    this.#listeners.bars(bars, { onlyLast: false, anew: { range } });
    const to = newer ?? Math.max(this.#options.serverNow(), bars.at(-1)?.close_time ?? 0);
    return bars[0] ? { from: bars[0].open_time, to } : null;
  }

  /** Loads a page and the coverage of the range that `take` returns. Tries again while nothing answers. */
  async #load(
    query: { from?: number; to?: number; limit: number },
    take: (page: BarsAnswer) => VisibleRange | null,
  ): Promise<void> {
    if (this.#isLoading) return;
    const { signal } = this.#loads;
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
    }
    this.#isLoading = false;
    this.#listeners.coverage();
  }

  #cover(answer: CoverageAnswer): void {
    this.#coverage = withCoverage(this.#coverage, answer);
    this.#listeners.coverage();
  }

  #setWindow(window: BarWindow): void {
    this.#window = window;
    this.#listeners.bars(window.bars, { onlyLast: false });
  }

  #merge(bars: readonly BarRow[]): void {
    if (this.#early) {
      this.#early.push(...bars);
      return;
    }
    const { window, onlyLast } = withLive(this.#window, bars);
    if (window === this.#window) return;
    this.#window = window;
    this.#listeners.bars(window.bars, { onlyLast });
  }

  /** Reads the bars of a range again, as far as they are loaded. */
  async #reload(range: VisibleRange): Promise<void> {
    const { symbol, timeframe, bars } = this;
    const from = Math.max(range.from, bars[0]?.open_time ?? range.to);
    const to = Math.min(range.to, this.#window.newer ?? range.to);
    if (from >= to) return;
    const { signal } = this.#loads;
    try {
      this.#merge((await readBars({ symbol, timeframe, from, to, limit: MAX_BARS }, signal)).bars);
      this.#cover(await readCoverage({ symbol, from, to }, signal));
    } catch {
      if (!signal.aborted) setTimeout(() => signal.aborted || this.#reload(range), RETRY_MS);
    }
  }

  #listen(): void {
    const { symbol, timeframe } = this;
    this.#stopListening = listen(
      { symbol, timeframe },
      {
        bar: (bar) => {
          if (bar.is_open) this.#live.add(bar.open_time);
          this.#merge([bar]);
        },
        revised: (bar) => {
          if (bar.reason === 'filled') this.#live.delete(bar.open_time);
          this.#merge([bar]);
        },
        stale: (range) => void this.#reload(range),
        coverage: (coverage) => this.#cover(coverage),
        status: this.#listeners.status,
        reset: () => void this.#loadFirst(this.#options.visible()),
        connected: this.#listeners.answered,
        refused: () =>
          setTimeout(() => this.#end.signal.aborted || this.#start(this.#options.visible()), RETRY_MS),
      },
    );
  }
}

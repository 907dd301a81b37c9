import type { BarRow, CrossoverNotice, StatusAnswer, SymbolsAnswer } from '@candlelake/core';
import { crossNotices } from '../model/crossNotices.ts';
import type { Action } from '../model/keys.ts';
import { formatUrl, parseUrl, type VisibleRange } from '../model/urlState.ts';
import { RefusedError, readStatus, readSymbols } from './client.ts';
import { byId, create, oncePerFrame } from './elements.ts';
import { showNotice } from './noticeView.ts';
import { createPreferences } from './preferences.ts';
import { type Pointed, PriceChart } from './priceChart.ts';
import { Session } from './session.ts';
import type { SessionChange } from './sessionOptions.ts';
import { createSymbolPicker } from './symbolPicker.ts';
import { decimalsOf, drawView, type PageState, setLook } from './view.ts';

/** How long to wait before asking a server again that did not answer or has no symbol yet. */
const RETRY_MS = 2000;
/** Older or newer bars are loaded when fewer than this are left beyond the screen. */
const MARGIN_BARS = 150;
const URL_DELAY_MS = 300;
const SCROLL_BARS = 5;
const ZOOM = 1.25;
const NOT_POINTED: Pointed = { openTime: null, at: null };

/** The state of the page, and what each action and event does with it. */
export class PageController implements PageState {
  symbols: SymbolsAnswer | null = null;
  status: StatusAnswer | null = null;
  unansweredSince: number | null = null;
  session: Session | null = null;
  pointed = NOT_POINTED;
  isTable = false;
  readonly preferences = createPreferences(() => this.#look());
  readonly chart = new PriceChart(byId('chart'), {
    moved: () => this.#moved(),
    pointed: (pointed) => this.#point(pointed),
  });
  readonly #draw = oncePerFrame(() => drawView(this));
  readonly #picker = createSymbolPicker((symbol) =>
    this.#open({ symbol, timeframe: this.session?.timeframe }),
  );
  /** The last notice of each crossover that was shown, by id. */
  readonly #notices = new Map<string, CrossoverNotice>();
  #urlTimer: ReturnType<typeof setTimeout> | undefined;

  /** What each key and button does. */
  readonly actions: Readonly<Record<Action, () => void>> = {
    scrollLeft: () => this.chart.scroll(-SCROLL_BARS),
    scrollRight: () => this.chart.scroll(SCROLL_BARS),
    previousBar: () => this.#step(-1),
    nextBar: () => this.#step(1),
    zoomIn: () => this.chart.zoom(1 / ZOOM),
    zoomOut: () => this.chart.zoom(ZOOM),
    newest: () => {
      if (!this.session?.loadNewest()) this.chart.show(null);
    },
    pickSymbol: () => void this.#pickSymbol(),
    table: () => {
      this.isTable = !this.isTable;
      this.#draw();
    },
    theme: this.preferences.nextTheme,
    zone: this.preferences.nextZone,
    help: () => byId<HTMLDialogElement>('help').showModal(),
    leave: () => {
      this.chart.point(null);
      this.#point(NOT_POINTED);
    },
  };

  /** Asks for symbols and status until the server has a symbol, and shows what the address names. */
  async connect(): Promise<void> {
    try {
      const symbols = readSymbols();
      symbols.catch(() => undefined);
      this.status = await readStatus();
      this.#answered(true);
      this.symbols = await symbols;
    } catch (error) {
      // A server that has just started answers, but has no symbols yet.
      if (!(error instanceof RefusedError)) this.#answered(false);
    }
    const { timeframe, range, ...wanted } = parseUrl(location.search);
    const symbol = wanted.symbol ?? this.symbols?.symbols[0]?.symbol;
    if (this.symbols && symbol !== undefined) {
      const options = this.symbols.timeframes.map((name) => create('option', name, { value: name }));
      byId('timeframe').replaceChildren(...options);
      // The picker may have opened one meanwhile.
      if (!this.session) this.#open({ symbol, timeframe, range });
    } else setTimeout(() => this.connect(), RETRY_MS);
  }

  /** Shows the same symbol in another timeframe. */
  setTimeframe(timeframe: string): void {
    if (this.session) this.#open({ symbol: this.session.symbol, timeframe });
  }

  redraw(): void {
    this.#draw();
  }

  #open(view: { symbol: string; timeframe?: string | null | undefined; range?: VisibleRange | null }): void {
    const { symbol, range = null } = view;
    const timeframes = this.symbols?.timeframes ?? [];
    const timeframe = timeframes.find((name) => name === view.timeframe) ?? timeframes[0];
    if (timeframe === undefined) return;
    this.session?.close();
    this.chart.draw([], { onlyLast: false, until: null });
    this.pointed = NOT_POINTED;
    this.session = new Session(
      {
        ...{ symbol, timeframe, range },
        visible: () => this.#visibleRange(),
        serverNow: () => this.status?.now ?? 0,
      },
      {
        bars: (bars, change) => this.#drawBars(bars, change),
        coverage: this.#draw,
        status: (status) => {
          this.status = status;
          if (this.session?.reachesNewest) this.chart.extend(status.now);
          this.#draw();
        },
        answered: (isAnswered) => this.#answered(isAnswered),
      },
    );
    this.#keepUrl();
    this.#look();
  }

  #drawBars(bars: readonly BarRow[], { onlyLast, anew }: SessionChange): void {
    if (anew) {
      this.chart.draw([], { onlyLast: false, until: null });
      setLook(this);
    }
    const until = this.session?.reachesNewest ? (this.status?.now ?? null) : null;
    this.chart.draw(bars, { onlyLast, until });
    if (anew?.range) this.chart.show(anew.range);
    this.#notify();
    this.#draw();
  }

  /** Shows the crossovers that came, or went, at live bars. */
  #notify(): void {
    if (!this.session?.reachesNewest) return;
    const { symbol, timeframe, bars, live } = this.session;
    const market = this.symbols?.symbols.find((one) => one.symbol === symbol)?.market;
    if (market === undefined) return;
    const known = [...this.#notices.values()];
    const look = { decimals: decimalsOf(this.session, this.symbols), zone: this.preferences.zone() };
    for (const notice of crossNotices({ market, symbol, timeframe, bars, live, known })) {
      this.#notices.set(notice.id, notice);
      showNotice(notice, look);
    }
  }

  /** Opens the picker at once and reads the symbols again, since a running program may have new ones. */
  async #pickSymbol(): Promise<void> {
    this.#picker.open(this.symbols?.symbols ?? [], this.session?.symbol ?? null);
    try {
      this.symbols = await readSymbols();
    } catch {
      // The picker keeps those that are known.
    }
    this.#picker.update(this.symbols?.symbols ?? []);
  }

  #answered(isAnswered: boolean): void {
    this.unansweredSince = isAnswered ? null : (this.unansweredSince ?? Date.now());
    this.#draw();
  }

  #moved(): void {
    const visible = this.chart.visible();
    if (visible && visible.barsBefore < MARGIN_BARS) this.session?.loadOlder();
    if (visible && visible.barsAfter < MARGIN_BARS) this.session?.loadNewer();
    this.#keepUrl();
    this.#draw();
  }

  #point(pointed: Pointed): void {
    this.pointed = pointed;
    this.#draw();
  }

  #step(by: number): void {
    const bars = this.session?.bars ?? [];
    const at = bars.findLastIndex(({ open_time }) => open_time === this.pointed.openTime);
    const next = bars[at < 0 ? bars.length - 1 : Math.max(0, Math.min(bars.length - 1, at + by))];
    if (!next) return;
    this.chart.point(next);
    this.#point({ openTime: next.open_time, at: null });
  }

  #look(): void {
    setLook(this);
    this.#draw();
  }

  /** The range on the screen; null while it follows the newest bar. */
  #visibleRange(): VisibleRange | null {
    const visible = this.chart.visible();
    return visible?.atEnd && this.session?.reachesNewest ? null : visible;
  }

  /** Writes the view into the address once it rests. */
  #keepUrl(): void {
    clearTimeout(this.#urlTimer);
    this.#urlTimer = setTimeout(() => {
      if (!this.session) return;
      const { symbol, timeframe } = this.session;
      history.replaceState(null, '', formatUrl({ symbol, timeframe, range: this.#visibleRange() }));
    }, URL_DELAY_MS);
  }
}

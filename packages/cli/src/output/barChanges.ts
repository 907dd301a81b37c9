import { type DerivedBars, type EpochMs, formatDate, formatTimeframe } from '@candlelake/core';
import { type Bar, barsOf } from './bar.ts';
import { formatSpan } from './formatTime.ts';

export interface BarChangesOptions {
  /** Called with newly closed bars, in time order: of one series a bar never comes after a newer one. */
  readonly onNew: (bars: readonly Bar[]) => void;
  /** Called when a shown bar has changed, or one older than a shown bar was filled, with what changed. */
  readonly onRevision: (bar: Bar, text: string) => void;
  /**
   * Bars that closed by then are history: `endHistory` shows the last few. Infinity: all bars are history.
   */
  readonly startedAt: EpochMs;
  /** Short bars are not shown, because they are not written. */
  readonly skipPartial: boolean;
}

/**
 * Finds new and revised bars among derived ones. A day is derived many times, so most of its bars are
 * neither.
 */
export interface BarChanges {
  add(derived: readonly DerivedBars[]): void;
  /** Shows the last bars of the history; further calls do nothing. */
  endHistory(): void;
}

/** Shown bars that are remembered for each series; an older bar that changes is not shown again. */
const REMEMBERED_BARS = 100;
const HISTORY_BARS = 3;
/** With more series than this, `endHistory` shows one bar of each so that the list fits a screen. */
const MANY_SERIES = 8;

export function createBarChanges(options: BarChangesOptions): BarChanges {
  const shown = createShownBars();
  const history = new Map<string, readonly Bar[]>();
  let historyEnded = false;

  function isNew(bar: Bar): boolean {
    const before = shown.find(bar);
    if (!before) {
      if (bar.closeTime <= options.startedAt || shown.isForgotten(bar)) return false;
      if (!shown.hasNewer(bar)) return true;
    }
    const change = before ? describeRevision(before, bar) : describeFilled(bar);
    if (change !== null) options.onRevision(bar, change);
    shown.remember(bar);
    return false;
  }

  function show(bars: readonly Bar[]): void {
    if (bars.length === 0) return;
    options.onNew(bars);
    bars.forEach(shown.remember);
  }

  return {
    add(derived) {
      const bars = derived.flatMap(barsOf).filter((bar) => !options.skipPartial || bar.status !== 'short');
      if (!historyEnded) keepHistory(history, bars, options.startedAt);
      show(bars.filter(isNew).sort(byTime));
    },
    endHistory() {
      if (historyEnded) return;
      historyEnded = true;
      const count = history.size > MANY_SERIES ? 1 : HISTORY_BARS;
      const last = [...history.values()].flatMap((bars) => bars.slice(-count));
      show(last.filter((bar) => !shown.hasNewer(bar)).sort(byTime));
      history.clear();
    },
  };
}

/** The last shown bars of each series. */
function createShownBars() {
  const shown = new Map<string, Map<EpochMs, Bar>>();
  return {
    find: (bar: Bar) => shown.get(seriesOf(bar))?.get(bar.openTime),
    hasNewer: (bar: Bar) =>
      [...(shown.get(seriesOf(bar))?.keys() ?? [])].some((openTime) => openTime > bar.openTime),
    /** Whether the bar is older than all that are remembered: it may have been shown before. */
    isForgotten(bar: Bar): boolean {
      const bars = shown.get(seriesOf(bar));
      return bars?.size === REMEMBERED_BARS && bar.openTime < Math.min(...bars.keys());
    },
    remember(bar: Bar): void {
      const bars = shown.get(seriesOf(bar)) ?? new Map<EpochMs, Bar>();
      shown.set(seriesOf(bar), bars.set(bar.openTime, bar));
      if (bars.size > REMEMBERED_BARS) bars.delete(Math.min(...bars.keys()));
    },
  };
}

/**
 * What changed between two derivations of a bar; null when nothing that a line is shown for: more volume, or
 * final instead of provisional, is none.
 */
function describeRevision(before: Bar, after: Bar): string | null {
  const changes: string[] = [];
  for (const price of ['open', 'high', 'low', 'close'] as const) {
    if (before[price] !== after[price]) changes.push(`${price} ${before[price]} → ${after[price]}`);
  }
  if (before.candleCount !== after.candleCount) {
    changes.push(
      `candles ${before.candleCount}/${before.expectedCount} → ${after.candleCount}/${after.expectedCount}`,
    );
  } else if ((before.status === 'short') !== (after.status === 'short')) {
    changes.push(`${before.status} → ${after.status}`);
  }
  return changes.length === 0 ? null : `${nameOf(after)} revised: ${changes.join(', ')}`;
}

/** A bar that was empty when a newer one was shown. */
function describeFilled(bar: Bar): string {
  const { open, high, low, close, candleCount, expectedCount } = bar;
  const prices = `open ${open}, high ${high}, low ${low}, close ${close}`;
  return `${nameOf(bar)} filled: candles ${candleCount}/${expectedCount}, ${prices}`;
}

function nameOf({ symbol, timeframeMinutes, openTime, closeTime }: Bar): string {
  const span = `${formatDate(openTime)} ${formatSpan(openTime, closeTime)}`;
  return `${span} ${symbol} ${formatTimeframe(timeframeMinutes)}`;
}

function keepHistory(history: Map<string, readonly Bar[]>, bars: readonly Bar[], until: EpochMs): void {
  const past = bars.filter(({ closeTime }) => closeTime <= until);
  for (const [series, newer] of Map.groupBy(past, seriesOf)) {
    const byOpenTime = new Map([...(history.get(series) ?? []), ...newer].map((bar) => [bar.openTime, bar]));
    history.set(series, [...byOpenTime.values()].sort(byTime).slice(-HISTORY_BARS));
  }
}

function seriesOf({ symbol, timeframeMinutes }: Bar): string {
  return `${symbol} ${timeframeMinutes}`;
}

function byTime(one: Bar, other: Bar): number {
  return (
    one.closeTime - other.closeTime || one.openTime - other.openTime || (one.symbol < other.symbol ? -1 : 1)
  );
}

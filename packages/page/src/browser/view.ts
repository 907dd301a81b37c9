import type { StatusAnswer, SymbolsAnswer } from '@candlelake/core';
import { barAndPrevious } from '../model/bars.ts';
import { formatPrice, priceDecimals } from '../model/format.ts';
import { legendParts, type Periods } from '../model/legend.ts';
import { crossText } from '../model/markers.ts';
import { emptyText, statusText } from '../model/status.ts';
import { countSlots, stripRectangles } from '../model/strip.ts';
import { tableHead, tableRows } from '../model/table.ts';
import { axisPosition, timeframeMs } from '../model/timeframe.ts';
import { byId } from './elements.ts';
import { readPalette } from './palette.ts';
import type { Preferences } from './preferences.ts';
import type { Pointed, PriceChart } from './priceChart.ts';
import type { Session } from './session.ts';
import { drawStrip, drawStripLegend } from './stripView.ts';
import { drawEmpty, drawLegend, drawStatus, drawTable, drawTooltip } from './textViews.ts';

export interface PageState {
  readonly symbols: SymbolsAnswer | null;
  readonly status: StatusAnswer | null;
  /** Since when the server has not answered; null while it does. */
  readonly unansweredSince: number | null;
  readonly session: Session | null;
  readonly pointed: Pointed;
  /** The table stands in the place of the chart. */
  readonly isTable: boolean;
  readonly chart: PriceChart;
  readonly preferences: Preferences;
}

const TABLE_ROWS = 100;
/** Prices of these last bars tell the decimals of a symbol whose precision is not known. */
const PRECISION_BARS = 50;

/** Draws everything around the candlesticks anew; cheap enough for each frame. */
export function drawView(page: PageState): void {
  const { session, status, unansweredSince, isTable } = page;
  const zone = page.preferences.zone();
  drawStatus(statusText({ status, unansweredSince }, zone));
  drawButtons(page);
  byId('chart-area').hidden = isTable;
  byId('strip-area').hidden = isTable || !session?.bars.length;
  byId('table-area').hidden = !isTable;
  const isEmpty = !session?.bars.length;
  const empty = { symbol: session?.symbol ?? null, timeframe: session?.timeframe ?? null };
  const problem = session?.problem ?? null;
  const isLoading = session?.isLoading ?? false;
  drawEmpty(isEmpty ? emptyText({ status, unansweredSince, ...empty, isLoading, problem, zone }) : null);
  if (!session || isEmpty) {
    drawLegend([], { isRead: false });
    drawTooltip(null);
    return;
  }
  drawBar(session, page);
  if (isTable) drawTableOf(session, page);
  else drawStripOf(session, page);
}

function drawButtons({ session, preferences, isTable, chart }: PageState): void {
  const name = session?.symbol ?? 'symbol';
  const symbol = byId('symbol');
  if (symbol.textContent !== name) symbol.textContent = name;
  const timeframe = byId<HTMLSelectElement>('timeframe');
  if (session && timeframe.value !== session.timeframe) timeframe.value = session.timeframe;
  byId('zone').textContent = preferences.zone();
  byId('table').setAttribute('aria-pressed', String(isTable));
  const visible = chart.visible();
  byId('newest').hidden = !visible || (visible.atEnd && session?.reachesNewest !== false);
}

function drawBar(session: Session, { pointed, preferences, symbols, chart }: PageState): void {
  const zone = preferences.zone();
  const { bar, previous } = barAndPrevious(session.bars, pointed.openTime);
  const options = { precision: decimalsOf(session, symbols), zone, periods: periodsOf(symbols) };
  const isRead = pointed.openTime !== null && pointed.at === null;
  drawLegend(legendParts({ bar, previous, ...options }), { isRead });
  const price = formatPrice(session.bars.at(-1)!.close, options.precision);
  document.title = `${price} ${session.symbol} ${session.timeframe}`;
  const lines = pointed.at && pointed.openTime !== null ? crossText(bar, options) : null;
  drawTooltip(lines && pointed.at ? { lines, at: pointed.at, width: chart.axis().width } : null);
}

function drawTableOf(session: Session, { preferences, symbols }: PageState): void {
  const zone = preferences.zone();
  const precision = decimalsOf(session, symbols);
  const rows = tableRows(session.bars, { count: TABLE_ROWS, precision, zone });
  drawTable(tableHead(periodsOf(symbols), zone), rows);
}

function drawStripOf(session: Session, { chart, symbols }: PageState): void {
  const { times, toPixel, width } = chart.axis();
  const { coverage, timeframe } = session;
  const { runs, range: covered } = coverage;
  const visible = chart.visible();
  if (visible) drawStripLegend(countSlots(runs, visible, timeframeMs(symbols?.interval ?? timeframe)));
  const lengthMs = timeframeMs(timeframe);
  const edge = (instant: number) => toPixel(axisPosition(instant, times, lengthMs));
  const left = covered ? Math.max(0, edge(covered.from)) : 0;
  const known = { left, width: covered ? Math.max(0, Math.min(width, edge(covered.to)) - left) : 0 };
  drawStrip(stripRectangles({ runs, times, timeframe, toPixel, width }), known);
}

/** Gives the chart the colours, the time zone and the precision that hold now. */
export function setLook({ session, symbols, chart, preferences }: PageState): void {
  const theme = byId('theme');
  theme.textContent = { system: 'auto', light: 'light', dark: 'dark' }[preferences.theme()];
  theme.setAttribute('aria-label', `Colours: ${preferences.theme()}`);
  chart.setLook({
    palette: readPalette(),
    zone: preferences.zone(),
    precision: session ? decimalsOf(session, symbols) : 2,
    hasAtr: symbols?.atr_period !== null,
    lengthMs: session ? timeframeMs(session.timeframe) : 60_000,
  });
}

/** The decimals of the prices of a symbol. */
export function decimalsOf({ symbol, bars }: Session, symbols: SymbolsAnswer | null): number {
  const info = symbols?.symbols.find((candidate) => candidate.symbol === symbol);
  const prices = bars
    .slice(-PRECISION_BARS)
    .flatMap(({ open, high, low, close }) => [open, high, low, close]);
  return priceDecimals(info?.price_precision ?? null, prices);
}

function periodsOf(symbols: SymbolsAnswer | null): Periods {
  return {
    maShort: symbols?.ma_short ?? null,
    maLong: symbols?.ma_long ?? null,
    atr: symbols?.atr_period ?? null,
  };
}

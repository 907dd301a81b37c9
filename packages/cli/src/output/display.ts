import {
  type Clock,
  type DerivedBars,
  type EpochMs,
  formatTimeframe,
  type LakeStatus,
  type LogLevel,
  type Report,
  type ReportedEvent,
  type Settings,
} from '@candlelake/core';
import type { Bar } from './bar.ts';
import { createBarChanges } from './barChanges.ts';
import { createBarTable } from './barTable.ts';
import { formatSecond } from './formatTime.ts';
import { type Lines, printable } from './lines.ts';
import { createOutageFilter } from './outageFilter.ts';
import { createProgressDisplay, type ProgressDisplay, type Work } from './progress.ts';
import { createStyle, type Style } from './style.ts';

/** All output of a running command. */
export interface Display {
  readonly report: Report;
  onBars(derived: readonly DerivedBars[]): void;
  /** Shows the last bars of the history, once it is filled and derived. */
  endHistory(): void;
  /** Shows how far a derivation of many days is. */
  onLake(status: Pick<LakeStatus, 'dirtyDays'>): void;
  /** Shows how far other work is, and its end when `done` is `total`. */
  progress(work: Work, done: number, total: number): void;
  /** The bottom line of a terminal while no work is shown. */
  showStatus(text: string): void;
  /** Whether a bottom line is drawn. */
  readonly drawsBottom: boolean;
  close(): void;
}

export interface DisplayOptions {
  readonly lines: Lines;
  readonly clock: Pick<Clock, 'now'>;
  readonly settings: Settings;
  /** Bars that closed by then are history. */
  readonly startedAt: EpochMs;
}

/** Writes events and bars as lines in the format of the settings. */
export function createDisplay(options: DisplayOptions): Display {
  const { lines, settings, startedAt } = options;
  const format = settings.logFormat === 'json' ? createJsonFormat(options) : createTextFormat(options);
  const barChanges = createBarChanges({
    startedAt,
    skipPartial: settings.skipPartial,
    onNew: format.bars,
    onRevision: format.revision,
  });
  const writeLine = (work: Work, message: string) =>
    format.event({ level: 'info', kind: `${work}-progress`, message });
  // A progress bar between JSON lines would break them.
  const drawsBar = lines.isTerminal && settings.logFormat === 'text';
  const progress = createProgressDisplay({ lines, drawsBar, writeLine, now: Date.now });
  const limitOutage = createOutageFilter(Date.now);
  return {
    report(reported) {
      const event = limitOutage(reported);
      if (event.kind === 'backfill-progress') {
        progress.update('backfill', Number(event.fields?.doneSlots), Number(event.fields?.totalSlots));
        return;
      }
      if (event.kind === 'backfill-done') progress.end('backfill');
      if (event.level !== 'debug' || settings.debug) format.event(event);
    },
    onBars: barChanges.add,
    endHistory: barChanges.endHistory,
    onLake: createDerivationProgress(progress),
    progress(work, done, total) {
      if (done < total) progress.update(work, done, total);
      else progress.end(work);
    },
    showStatus: progress.showStatus,
    drawsBottom: drawsBar,
    close: progress.stop,
  };
}

/** A derivation of fewer days takes a moment only. */
const LEAST_DAYS = 5;

/** Shows a derivation from the number of days that are left: the greatest one is all of it. */
function createDerivationProgress(progress: ProgressDisplay): Display['onLake'] {
  let total = 0;
  return ({ dirtyDays }) => {
    total = dirtyDays === 0 ? 0 : Math.max(total, dirtyDays);
    if (total >= LEAST_DAYS) progress.update('deriving', total - dirtyDays, total);
    else progress.end('deriving');
  };
}

/** Writes what happens in one of the two log formats. */
interface LogFormat {
  readonly event: (event: ReportedEvent) => void;
  readonly bars: (bars: readonly Bar[]) => void;
  readonly revision: (bar: Bar, text: string) => void;
}

/** The npm package has no demo. */
const DEMO_HINT = import.meta.url.endsWith('.ts')
  ? '; "npm run demo" shows candlelake without a network'
  : '';

function createTextFormat({ lines, clock, settings }: DisplayOptions): LogFormat {
  const style = createStyle(lines.hasColour);
  const table = createBarTable({
    periods: { maShort: settings.maShort, maLong: settings.maLong, atr: settings.atrPeriod },
    showMa: settings.ma,
    showAtr: settings.atr,
    style,
  });
  const event = ({ level, kind, message }: ReportedEvent) => {
    const hint = kind === 'unreachable' ? DEMO_HINT : '';
    const time = style.dim(formatSecond(clock.now()));
    lines.write(`${time}  ${colourOf(style, level)(printable(message + hint))}`);
  };
  return {
    event,
    bars: (bars) => table.lines(bars).forEach(lines.write),
    revision: (_, message) => event({ level: 'warn', kind: 'bar-revised', message }),
  };
}

function colourOf(style: Style, level: LogLevel): (text: string) => string {
  if (level === 'error') return style.bad;
  if (level === 'warn') return style.notice;
  return level === 'debug' ? style.dim : (text) => text;
}

function createJsonFormat({ lines, clock }: DisplayOptions): LogFormat {
  const write = (record: Readonly<Record<string, unknown>>) =>
    lines.write(JSON.stringify({ time: new Date(clock.now()).toISOString(), ...record }));
  return {
    event: ({ level, kind, message, fields }) => write({ level, kind, message, ...fields }),
    bars(bars) {
      for (const bar of bars) write({ level: 'info', kind: 'bar', ...barFields(bar) });
    },
    revision: (bar, message) => write({ level: 'warn', kind: 'bar-revised', message, ...barFields(bar) }),
  };
}

/** A bar under the column names of the lake. */
function barFields(bar: Bar): Readonly<Record<string, unknown>> {
  return {
    symbol: bar.symbol,
    timeframe: formatTimeframe(bar.timeframeMinutes),
    bar_index: bar.barIndex,
    open_time: new Date(bar.openTime).toISOString(),
    close_time: new Date(bar.closeTime).toISOString(),
    open: bar.open,
    high: bar.high,
    low: bar.low,
    close: bar.close,
    volume: bar.volume,
    candle_count: bar.candleCount,
    expected_count: bar.expectedCount,
    status: bar.status,
    ma_short: bar.maShort,
    ma_long: bar.maLong,
    ma_cross: bar.maCross,
    trend: bar.trend,
    atr: bar.atr,
    atr_percent: bar.atrPercent,
  };
}

import {
  type Clock,
  type DerivedBars,
  type EpochMs,
  formatTimeframe,
  type LogLevel,
  type Report,
  type ReportedEvent,
  type Settings,
} from '@candlelake/core';
import { createBarPrinter } from './barPrinter.ts';
import type { BarRow } from './barRow.ts';
import { createBarTable } from './barTable.ts';
import { createCalm } from './calm.ts';
import { type Lines, printable } from './lines.ts';
import { createProgressDisplay } from './progress.ts';
import { createStyle, type Style } from './style.ts';
import { formatSecond } from './times.ts';

/** Everything that a running command shows. */
export interface Display {
  readonly report: Report;
  onBars(derived: readonly DerivedBars[]): void;
  /** The history is in. */
  settle(): void;
  close(): void;
}

export interface DisplayOptions {
  readonly lines: Lines;
  readonly clock: Pick<Clock, 'now'>;
  readonly settings: Settings;
  /** Bars that closed by then are history. */
  readonly startedAt: EpochMs;
}

/** The terminal's or the log's view of what happens, as the settings ask for it. */
export function createDisplay(options: DisplayOptions): Display {
  const { lines, settings, startedAt } = options;
  const voice = settings.logFormat === 'json' ? jsonVoice(options) : textVoice(options);
  const printer = createBarPrinter({
    startedAt,
    skipPartial: settings.skipPartial,
    print: voice.bars,
    printRevision: voice.revision,
  });
  const say = (message: string) => voice.event({ level: 'info', kind: 'backfill-progress', message });
  // A bar drawn between JSON lines would break them.
  const drawsBar = lines.isTerminal && settings.logFormat === 'text';
  const progress = createProgressDisplay({ lines, drawsBar, say, now: Date.now });
  const calm = createCalm(Date.now);
  return {
    report(reported) {
      const event = calm(reported);
      if (event.kind === 'backfill-progress') {
        progress.update(Number(event.fields?.doneSlots), Number(event.fields?.totalSlots));
        return;
      }
      if (event.kind === 'backfill-done') progress.stop();
      if (event.level !== 'debug' || settings.debug) voice.event(event);
    },
    onBars: printer.take,
    settle: printer.settle,
    close: progress.stop,
  };
}

interface Voice {
  readonly event: (event: ReportedEvent) => void;
  readonly bars: (rows: readonly BarRow[]) => void;
  readonly revision: (row: BarRow, text: string) => void;
}

function textVoice({ lines, clock, settings }: DisplayOptions): Voice {
  const style = createStyle(lines.hasColour);
  const table = createBarTable({
    periods: { maShort: settings.maShort, maLong: settings.maLong, atr: settings.atrPeriod },
    showMa: settings.ma,
    showAtr: settings.atr,
    style,
  });
  const event = ({ level, kind, message }: ReportedEvent) => {
    const hint = kind === 'unreachable' ? '; "npm run demo" shows candlelake without a network' : '';
    const time = style.dim(formatSecond(clock.now()));
    lines.write(`${time}  ${paint(style, level, printable(message + hint))}`);
  };
  return {
    event,
    bars: (rows) => table.lines(rows).forEach(lines.write),
    revision: (_, message) => event({ level: 'warn', kind: 'bar-revised', message }),
  };
}

function paint(style: Style, level: LogLevel, text: string): string {
  if (level === 'error') return style.bad(text);
  if (level === 'warn') return style.notice(text);
  return level === 'debug' ? style.dim(text) : text;
}

function jsonVoice({ lines, clock }: DisplayOptions): Voice {
  const write = (record: Readonly<Record<string, unknown>>) =>
    lines.write(JSON.stringify({ time: new Date(clock.now()).toISOString(), ...record }));
  const event = ({ level, kind, message, fields }: ReportedEvent) =>
    write({ level, kind, message, ...fields });
  return {
    event,
    bars(rows) {
      for (const row of rows) write({ level: 'info', kind: 'bar', ...barFields(row) });
    },
    revision: (row, message) => write({ level: 'warn', kind: 'bar-revised', message, ...barFields(row) }),
  };
}

/** A bar under the names of the lake's columns. */
function barFields(row: BarRow): Readonly<Record<string, unknown>> {
  return {
    symbol: row.symbol,
    timeframe: formatTimeframe(row.timeframeMinutes),
    bar_index: row.barIndex,
    open_time: new Date(row.openTime).toISOString(),
    close_time: new Date(row.closeTime).toISOString(),
    open: row.open,
    high: row.high,
    low: row.low,
    close: row.close,
    volume: row.volume,
    candle_count: row.candleCount,
    expected_count: row.expectedCount,
    status: row.status,
    ma_short: row.maShort,
    ma_long: row.maLong,
    ma_cross: row.maCross,
    trend: row.trend,
    atr: row.atr,
    atr_percent: row.atrPercent,
  };
}

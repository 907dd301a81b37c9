import { type LogLevel, parseSettings, type ReportedEvent } from '@candlelake/core';
import { describe, expect, it, vi } from 'vitest';
import { createDisplay } from '../../packages/cli/src/output/display.ts';
import { createOutageFilter } from '../../packages/cli/src/output/outageFilter.ts';
import { recordingLines } from './recordingLines.ts';
import { BAR_MS, derivedBars, MIDNIGHT } from './sampleBars.ts';

const event = (kind: string, level: LogLevel = 'info', message = kind): ReportedEvent => ({
  kind,
  level,
  message,
});

function display(flags: Record<string, unknown> = {}, hasColour = false) {
  const lines = recordingLines({ hasColour });
  const settings = parseSettings({ flags });
  const now = () => MIDNIGHT + 5 * 3_600_000 + 6_000;
  return {
    ...createDisplay({ lines, clock: { now }, settings, startedAt: MIDNIGHT }),
    written: lines.written,
  };
}

describe('an event', () => {
  it('of the backfill is shown at the normal level (predecessor fault 50)', () => {
    const { report, written } = display();
    report(event('backfill-done', 'info', 'history has answered for all 960 candles'));
    expect(written).toEqual(['2026-11-22 05:00:06  history has answered for all 960 candles']);
  });

  it('at the debug level is shown with --debug only', () => {
    const quiet = display();
    const loud = display({ debug: true });
    for (const { report } of [quiet, loud]) report(event('lake-written', 'debug'));
    expect(quiet.written).toEqual([]);
    expect(loud.written).toHaveLength(1);
  });

  it('cannot move the cursor or break the line', () => {
    const { report, written } = display();
    report(event('bad-record', 'warn', 'bad \u001b[2J\r\nreco\u0007rd\u202e \u009b31m'));
    expect(written).toEqual(['2026-11-22 05:00:06  bad  [2J reco rd   31m']);
  });

  it('as unreachable names the demo', () => {
    const { report, written } = display();
    report(event('unreachable', 'error', "the exchange can't be reached; trying again"));
    expect(written).toHaveLength(1);
    expect(written[0]).toContain('trying again; "npm run demo" shows candlelake without a network');
  });

  it('is coloured by its level where there is colour', () => {
    const { report, written } = display({}, true);
    report(event('failed', 'error', 'bad'));
    report(event('slow', 'warn', 'odd'));
    expect(written[0]).toContain('\u001b[31mbad\u001b[39m');
    expect(written[1]).toContain('\u001b[33modd\u001b[39m');
  });
});

describe('--log-format json', () => {
  it('is one object a line, with the fields beside the message', () => {
    const { report, written } = display({ 'log-format': 'json' });
    report({ ...event('repaired'), fields: { symbol: 'BTC-USDT', slots: 3 } });
    expect(written.map((line) => JSON.parse(line))).toEqual([
      {
        time: '2026-11-22T05:00:06.000Z',
        level: 'info',
        kind: 'repaired',
        message: 'repaired',
        symbol: 'BTC-USDT',
        slots: 3,
      },
    ]);
  });

  it('names the values of a bar like the columns of the lake, null for values not known yet', () => {
    const { onBars, written } = display({ 'log-format': 'json' });
    onBars([derivedBars([{ openTime: MIDNIGHT + BAR_MS, maCross: 2, trend: 2, maShort: 1.5, status: 1 }])]);
    expect(JSON.parse(written[0]!)).toEqual({
      time: '2026-11-22T05:00:06.000Z',
      level: 'info',
      kind: 'bar',
      symbol: 'BTC-USDT',
      timeframe: '21m',
      bar_index: 1,
      open_time: '2026-11-22T00:21:00.000Z',
      close_time: '2026-11-22T00:42:00.000Z',
      open: 100,
      high: 110.5,
      low: 90,
      close: 105,
      volume: 12.5,
      candle_count: 7,
      expected_count: 7,
      status: 'provisional',
      ma_short: 1.5,
      ma_long: null,
      ma_cross: 'DEATH_CROSS',
      trend: 'BEARISH',
      atr: null,
      atr_percent: null,
    });
  });

  it('has no progress bar between its lines, also on a terminal', () => {
    vi.useFakeTimers();
    const lines = recordingLines({ isTerminal: true });
    const settings = parseSettings({ flags: { 'log-format': 'json' } });
    const { report } = createDisplay({ lines, clock: { now: () => 0 }, settings, startedAt: 0 });
    const progress = { ...event('backfill-progress'), fields: { doneSlots: 1000, totalSlots: 4000 } };
    report(progress);
    vi.advanceTimersByTime(1_500);
    report(progress);
    vi.useRealTimers();
    expect(lines.written.map((line) => JSON.parse(line).message)).toEqual([
      'backfill 25 % (1,000 of about 4,000 candles)',
    ]);
  });

  it('writes a revision with the new values', () => {
    const { onBars, written } = display({ 'log-format': 'json' });
    onBars([derivedBars([{}])]);
    onBars([derivedBars([{ prices: [100, 111, 90, 105] }])]);
    expect(JSON.parse(written[1]!)).toMatchObject({ kind: 'bar-revised', high: 111 });
  });
});

describe('an outage', () => {
  /** The levels of these events after the filter, one second of real time apart. */
  function levels(...kinds: readonly string[]): readonly LogLevel[] {
    let now = 0;
    const limitOutage = createOutageFilter(() => now);
    return kinds.map((kind) => {
      now += 1_000;
      return limitOutage(event(kind, 'warn')).level;
    });
  }

  it('before the first answer of the exchange is one line', () => {
    const kinds = [
      'disconnected',
      'unreachable',
      'clock-failed',
      'disconnected',
      'history-failed',
      'disconnected',
    ];
    expect(levels(...kinds)).toEqual(['debug', 'warn', 'warn', 'debug', 'debug', 'debug']);
  });

  it('later is one line, and another after a reconnect', () => {
    const kinds = ['connected', 'disconnected', 'disconnected', 'connected', 'disconnected'];
    expect(levels(...kinds)).toEqual(['warn', 'warn', 'debug', 'warn', 'warn']);
  });

  it('of the connection alone is shown although history answers', () => {
    expect(levels('backfill-progress', 'disconnected', 'disconnected')).toEqual(['warn', 'warn', 'debug']);
  });

  it('of history is one line a minute', () => {
    const failures = Array.from({ length: 62 }, () => 'history-failed');
    const shown = levels('connected', ...failures).slice(1);
    expect(shown.flatMap((level, second) => (level === 'warn' ? [second] : []))).toEqual([0, 60]);
  });
});

import { PassThrough } from 'node:stream';
import type { BarRow, Health, StreamStatus } from '@candlelake/core';
import { parseSettings } from '@candlelake/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startStatusLine } from '../../packages/cli/src/commands/streamStatusLine.ts';
import { createDisplay } from '../../packages/cli/src/output/display.ts';
import { createLines } from '../../packages/cli/src/output/lines.ts';
import { statusText } from '../../packages/cli/src/output/statusText.ts';

const NOW = Date.UTC(2026, 10, 22, 12, 3, 7);
const MINUTE = 60_000;

const bar = (parts: Partial<BarRow> = {}): BarRow => ({
  ...{
    market: 'swap',
    symbol: 'BTC-USDT',
    bar_index: 34,
    open_time: NOW - 8 * MINUTE,
    close_time: NOW + 12 * MINUTE,
  },
  ...{ open: 100, high: 101, low: 99, close: 100.5, volume: 1, candle_count: 3, expected_count: 7 },
  ...{ status: 'provisional', ma_short: null, ma_long: null, ma_cross: null, trend: null },
  ...{ tr: null, atr: null, atr_percent: null, is_open: true },
  ...parts,
});

const ESCAPE = String.fromCharCode(27);
/** Only what cli-progress uses: cursor to a column, erase the line or its rest; and characters. */
const PARTS = new RegExp(`${ESCAPE}\\[\\??\\d*[A-Za-z]|[^${ESCAPE}]`, 'gu');

/** A terminal of 80 columns, and the lines that a person sees on it. */
function terminal() {
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 24, cursorTo: () => {} });
  const lines = [''];
  let column = 0;
  stream.on('data', (data: Buffer) => {
    for (const [part] of data.toString().matchAll(PARTS)) {
      const row = lines.length - 1;
      if (part === '\n') {
        lines.push('');
        column = 0;
      } else if (part === '\r' || part === `${ESCAPE}[1G`) column = 0;
      else if (part === `${ESCAPE}[0K` || part === `${ESCAPE}[0J`) lines[row] = lines[row]!.slice(0, column);
      else if (part === `${ESCAPE}[2K`) lines[row] = '';
      else if (!part.startsWith(ESCAPE)) {
        lines[row] = lines[row]!.padEnd(column).slice(0, column) + part + lines[row]!.slice(column + 1);
        column++;
      }
    }
  });
  return { stream, screen: () => lines.map((line) => line.trimEnd()) };
}

function displayOn(stream: PassThrough, flags: Record<string, unknown> = {}) {
  const lines = createLines(stream, { environment: { NO_COLOR: '1' } });
  const settings = parseSettings({ flags });
  return createDisplay({ lines, settings, clock: { now: () => NOW }, startedAt: NOW });
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the text of the status line', () => {
  const view = {
    ...{
      now: NOW,
      health: { status: 'ok' as const },
      lastFrameAt: NOW - 400,
      timeframeMinutes: 21,
      others: 0,
    },
    bars: [{ symbol: 'BTC-USDT', bar: bar() }],
  };

  it('has the age of the last frame, the open bar of each symbol and the time to the next close', () => {
    // 12:03:07 is in bar 34 of 21 minutes, from 11:54 to 12:15.
    expect(statusText(view)).toBe('live 0.4 s ago  BTC-USDT 100.5 +0.50 % 3/7  21m closes in 11:53');
  });

  it('has the reason instead while the stream is not healthy, and counts the other symbols', () => {
    const health = { status: 'unhealthy' as const, reason: 'no connection since 12:01' };
    const text = statusText({ ...view, health, lastFrameAt: null, others: 97 });
    expect(text).toMatch(/^! no connection since 12:01 {2}BTC-USDT .+ {2}and 97 more {2}21m closes/);
  });

  it('shows no bar that has closed, and never a change of minus zero', () => {
    const closed = { symbol: 'A-USDT', bar: bar({ close_time: NOW }) };
    const flat = { symbol: 'B-USDT', bar: bar({ close: 99.999 }) };
    const down = { symbol: 'C-USDT', bar: bar({ close: 99 }) };
    const text = statusText({
      ...view,
      timeframeMinutes: 1_440,
      bars: [closed, flat, down, { symbol: 'D-USDT', bar: null }],
    });
    expect(text).toContain('  A-USDT -  B-USDT 99.999 +0.00 % 3/7  C-USDT 99 -1.00 % 3/7  D-USDT -  ');
    expect(text).toMatch(/1440m closes in 11:56:53$/);
  });
});

describe('the last line of a terminal', () => {
  it('is the status; other lines appear above it, and it is gone at the end', async () => {
    const { stream, screen } = terminal();
    const display = displayOn(stream);
    display.showStatus('live 0.1 s ago');
    await vi.advanceTimersByTimeAsync(200);
    expect(screen()).toEqual(['live 0.1 s ago']);
    display.report({ level: 'info', kind: 'x', message: 'a bar closed' });
    display.showStatus('live 0.2 s ago');
    await vi.advanceTimersByTimeAsync(200);
    expect(screen()).toEqual(['2026-11-22 12:03:07  a bar closed', 'live 0.2 s ago']);
    display.close();
    display.report({ level: 'info', kind: 'x', message: 'stopped' });
    expect(screen()).toEqual(['2026-11-22 12:03:07  a bar closed', '2026-11-22 12:03:07  stopped', '']);
  });

  it('is no longer than the terminal is wide', async () => {
    const { stream, screen } = terminal();
    const display = displayOn(stream);
    display.showStatus('x'.repeat(200));
    await vi.advanceTimersByTimeAsync(200);
    expect(screen()).toEqual(['x'.repeat(80)]);
    display.close();
  });

  it('is the progress of work while there is some, and then the status again', async () => {
    const { stream, screen } = terminal();
    const display = displayOn(stream);
    const derive = async (dirtyDays: number) => {
      display.onLake({ dirtyDays });
      display.showStatus('live');
      await vi.advanceTimersByTimeAsync(1_100);
    };
    await derive(40);
    await derive(30);
    expect(screen().at(-1)).toMatch(/^deriving .+ 25 % {2}10 of 40 days .*left$/);
    await derive(0);
    expect(screen().at(-1)).toBe('live');
    display.progress('audit', 1, 100);
    await vi.advanceTimersByTimeAsync(1_100);
    display.progress('audit', 50, 100);
    await vi.advanceTimersByTimeAsync(200);
    expect(screen().at(-1)).toMatch(/^audit .+ 50 % {2}50 of 100 days/);
    display.progress('audit', 100, 100);
    display.close();
    expect(screen().at(-1)).toBe('');
  });

  it('is not drawn for a derivation of a few days', async () => {
    const { stream, screen } = terminal();
    const display = displayOn(stream);
    for (const dirtyDays of [2, 2, 1]) {
      display.onLake({ dirtyDays });
      await vi.advanceTimersByTimeAsync(1_100);
    }
    expect(screen()).toEqual(['']);
    display.close();
  });
});

describe('a stream', () => {
  const health = { status: 'ok' } as Health;
  const options = {
    settings: { symbols: ['A-USDT', 'B-USDT', 'C-USDT', 'D-USDT'], timeframes: [21, 60] },
    status: () => ({ link: { lastFrameAt: NOW } }) as StreamStatus,
    health: () => health,
    exchangeNow: () => NOW,
    newestBar: async (symbol: string, minutes: number) => {
      if (symbol === 'B-USDT') throw new Error('the store is busy');
      return bar({ close: minutes });
    },
  };

  it('draws its status every second, with the bars of the first timeframe that can be read', async () => {
    const texts: string[] = [];
    const display = { drawsBottom: true, showStatus: (text: string) => void texts.push(text) };
    const end = startStatusLine({ ...options, display });
    await vi.advanceTimersByTimeAsync(2_000);
    expect(texts).toHaveLength(2);
    expect(texts[0]).toMatch(
      /^live 0\.0 s ago {2}A-USDT 21 .+ {2}B-USDT - {2}C-USDT 21 .+ {2}and 1 more {2}21m/,
    );
    end();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(texts).toHaveLength(2);
  });

  it.each([
    ['its output is no terminal', false, {}],
    ['it writes JSON', true, { 'log-format': 'json' }],
  ])('draws nothing when %s', async (_, isTTY, flags) => {
    const { stream, screen } = terminal();
    const display = displayOn(Object.assign(stream, { isTTY }), flags);
    const end = startStatusLine({ ...options, display });
    display.showStatus('live');
    await vi.advanceTimersByTimeAsync(3_000);
    expect(screen()).toEqual(['']);
    end();
    display.close();
  });
});

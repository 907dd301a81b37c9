import { INTERVALS, intervalMs, parseSettings } from '@candlelake/core';
import { describe, expect, it } from 'vitest';
import { showAlignment } from '../../packages/cli/src/commands/showAlignment.ts';
import { recordingLines } from './recordingLines.ts';

/** The grid by counting minutes: a bar ends when it is full and at the end of the day. */
function countedGrid(timeframeMinutes: number, intervalMinutes: number) {
  const rows: { bar: number; span: string; candles: number }[] = [];
  let from = 0;
  for (let minute = 1; minute <= 1440; minute++) {
    if (minute - from < timeframeMinutes && minute < 1440) continue;
    rows.push({
      bar: rows.length,
      span: `${clock(from)}–${clock(minute)}`,
      candles: (minute - from) / intervalMinutes,
    });
    from = minute;
  }
  return rows;
}

function clock(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
}

function shown(flags: Record<string, unknown>): readonly string[] {
  const lines = recordingLines();
  showAlignment(parseSettings({ flags }), lines);
  return lines.written;
}

describe('--show-alignment', () => {
  it('shows bars that meet without overlap and end with the day, 69 of them for 21m (predecessor fault 45)', () => {
    const rows = shown({}).slice(2);
    expect(rows).toHaveLength(69);
    expect(rows[0]).toBe('  0  00:00–00:21  7');
    expect(rows[2]).toBe('  2  00:42–01:03  7');
    expect(rows[68]).toBe(' 68  23:48–24:00  4');
  });

  it('shows the counted grid for every timeframe of every interval', () => {
    for (const interval of INTERVALS) {
      const step = intervalMs(interval) / 60_000;
      const every = Array.from({ length: 1440 / step }, (_, index) => (index + 1) * step);
      // For 1m a sample of the 1440 timeframes is enough.
      const timeframes = every.filter((minutes) => step > 1 || minutes % 7 === 0 || minutes > 1400);
      const text = shown({
        interval,
        timeframe: [timeframes.map((minutes) => `${minutes}m`).join()],
        'log-format': 'json',
      });
      const counted = timeframes.flatMap((minutes) =>
        countedGrid(minutes, step).map((row) => ({ timeframe: `${minutes}m`, ...row })),
      );
      const rows = text.map((line) => {
        const { timeframe, bar, span, candles } = JSON.parse(line);
        return { timeframe, bar, span, candles };
      });
      expect(rows).toEqual(counted);
    }
  });

  it('says how many bars a day has and how long the last one is', () => {
    expect(shown({ timeframe: ['1h,25m'], interval: '5m' }).filter((line) => line.includes('every'))).toEqual(
      [
        '25m: 58 bars in every UTC day, the last of 15 min',
        '60m: 24 bars in every UTC day, the last of 60 min',
      ],
    );
  });
});

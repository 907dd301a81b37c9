import { PassThrough, Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createLines } from '../../packages/cli/src/output/lines.ts';
import { createProgressDisplay } from '../../packages/cli/src/output/progress.ts';
import { recordingLines } from './recordingLines.ts';

const terminal = () => Object.assign(new PassThrough(), { isTTY: true, columns: 120 });

describe('lines', () => {
  it('have colour on a terminal only, and not where NO_COLOR is set', () => {
    expect(createLines(terminal(), { environment: {} }).hasColour).toBe(true);
    expect(createLines(terminal(), { environment: { NO_COLOR: '' } }).hasColour).toBe(true);
    expect(createLines(terminal(), { environment: { NO_COLOR: '1' } }).hasColour).toBe(false);
    expect(createLines(new PassThrough(), { environment: {} }).hasColour).toBe(false);
  });

  /** Writes two lines to a stream on which every write fails with `code`. */
  async function failWith(code: string) {
    let writes = 0;
    const errors: string[] = [];
    const stream = new Writable({
      write(_chunk, _encoding, done) {
        writes += 1;
        done(Object.assign(new Error(`write ${code}`), { code }));
      },
    });
    const lines = createLines(stream, { environment: {}, onError: ({ message }) => errors.push(message) });
    for (const line of ['one', 'two']) {
      lines.write(line);
      await new Promise(setImmediate);
    }
    return { writes, errors };
  }

  it('are dropped without an error when the reader has closed the stream', async () => {
    expect(await failWith('EPIPE')).toEqual({ writes: 1, errors: [] });
  });

  it('are dropped after a failed write, which is one error', async () => {
    expect(await failWith('ENOSPC')).toEqual({ writes: 1, errors: ['write ENOSPC'] });
  });
});

describe('the progress of a backfill', () => {
  /** The plain lines written for updates at these real times. */
  function linesFor(...updates: readonly (readonly [ms: number, done: number])[]): readonly string[] {
    const lines: string[] = [];
    let now = 0;
    const progress = createProgressDisplay({
      lines: recordingLines(),
      drawsBar: false,
      writeLine: (_, line) => lines.push(line),
      now: () => now,
    });
    for (const [ms, done] of updates) {
      now = ms;
      progress.update('backfill', done, 4000);
    }
    progress.stop();
    return lines;
  }

  it('is silent in the first second', () => {
    expect(linesFor([0, 1000], [500, 2000], [999, 4000])).toEqual([]);
  });

  it('is a line every five seconds where there is no terminal', () => {
    expect(linesFor([0, 100], [1000, 1000], [2000, 1500], [5999, 2000], [6000, 3000])).toEqual([
      'backfill 25 % (1,000 of about 4,000 candles)',
      'backfill 75 % (3,000 of about 4,000 candles)',
    ]);
  });

  it('is a bar on a terminal; other lines appear above it, and it is cleared at the end', async () => {
    const screen = terminal();
    let text = '';
    screen.on('data', (data) => {
      text += data;
    });
    const lines = createLines(screen, { environment: { NO_COLOR: '1' } });
    const signalListeners = process.listenerCount('SIGINT');
    let now = 0;
    const progress = createProgressDisplay({ lines, drawsBar: true, writeLine: lines.write, now: () => now });
    progress.update('backfill', 0, 4000);
    now = 1500;
    progress.update('backfill', 1000, 4000);
    expect(process.listenerCount('SIGINT')).toBe(signalListeners);
    lines.write('a bar closed');
    progress.stop();
    lines.write('after');
    await new Promise(setImmediate);
    expect(text).toMatch(/a bar closed\n[^\n]*25 % {2}1000 of about 4000 candles[^\n]*after\n$/);
    const CLEAR_BELOW = '\u001b[0J';
    expect(text.slice(text.lastIndexOf('candles'))).toContain(CLEAR_BELOW);
  });
});

import { MultiBar, Presets, type SingleBar } from 'cli-progress';
import type { Lines } from './lines.ts';

/** How far a backfill is: a bar on a terminal, a line now and then elsewhere, nothing for one that takes less than a second. */
export interface Progress {
  update(symbol: string, doneSlots: number, totalSlots: number): void;
  stop(): void;
}

export interface ProgressOptions {
  readonly lines: Lines;
  /** Says a plain line. */
  readonly say: (text: string) => void;
  /** Real time in ms: people wait in it, whatever the clock of a simulation says. */
  readonly now: () => number;
}

const QUIET_MS = 1_000;
const LINE_EVERY_MS = 5_000;

export function createProgress({ lines, say, now }: ProgressOptions): Progress {
  const symbols = new Map<string, { readonly done: number; readonly total: number }>();
  let startedAt: number | null = null;
  let saidAt = 0;
  let bar: { readonly all: MultiBar; readonly one: SingleBar } | null = null;

  function show(done: number, total: number): void {
    if (lines.isTerminal) {
      bar ??= openBar(lines);
      bar.one.setTotal(total);
      bar.one.update(done);
    } else if (now() - saidAt >= LINE_EVERY_MS) {
      saidAt = now();
      say(`backfill ${percent(done, total)} (${done} of ${total} candles)`);
    }
  }

  function stop(): void {
    if (bar) {
      lines.divert(null);
      bar.all.stop();
      bar = null;
    }
    startedAt = null;
    symbols.clear();
  }

  return {
    update(symbol, done, total) {
      symbols.set(symbol, { done, total });
      const sum = [...symbols.values()].reduce(
        (all, one) => ({ done: all.done + one.done, total: all.total + one.total }),
        { done: 0, total: 0 },
      );
      startedAt ??= now();
      const tookMs = now() - startedAt;
      if (tookMs >= QUIET_MS) show(sum.done, sum.total);
      if (sum.done < sum.total) return;
      const isShown = bar !== null || saidAt >= startedAt;
      stop();
      if (isShown) say(`backfill done: ${sum.total} candles in ${(tookMs / 1000).toFixed(1)} s`);
    },
    stop,
  };
}

function openBar(lines: Lines) {
  const all = new MultiBar(
    {
      stream: lines.stream,
      format: 'backfill {bar} {percentage} %  {value} of {total} candles  {eta_formatted} left',
      clearOnComplete: true,
      // Signals are the program's; a killed one leaves the cursor visible.
      gracefulExit: false,
      hideCursor: null,
    },
    Presets.shades_classic,
  );
  const one = all.create(1, 0);
  lines.divert((line) => all.log(`${line}\n`));
  return { all, one };
}

function percent(done: number, total: number): string {
  return `${Math.floor((100 * done) / Math.max(1, total))} %`;
}

import { MultiBar, Presets, type SingleBar } from 'cli-progress';
import type { Lines } from './lines.ts';

/** How far a backfill is: a bar on a terminal, a line now and then elsewhere, nothing for one that takes less than a second. */
export interface ProgressDisplay {
  update(doneSlots: number, totalSlots: number): void;
  stop(): void;
}

export interface ProgressOptions {
  readonly lines: Lines;
  /** Whether a bar may be drawn on them; else it is told in lines. */
  readonly drawsBar: boolean;
  /** Says a plain line. */
  readonly say: (text: string) => void;
  /** Real time in ms: people wait in it, whatever the clock of a simulation says. */
  readonly now: () => number;
}

const QUIET_MS = 1_000;
const LINE_EVERY_MS = 5_000;

export function createProgressDisplay({ lines, drawsBar, say, now }: ProgressOptions): ProgressDisplay {
  let startedAt: number | null = null;
  let saidAt = Number.NEGATIVE_INFINITY;
  let bar: { readonly all: MultiBar; readonly one: SingleBar } | null = null;

  return {
    update(done, total) {
      startedAt ??= now();
      if (now() - startedAt < QUIET_MS) return;
      if (drawsBar) {
        bar ??= openBar(lines);
        bar.one.setTotal(total);
        bar.one.update(done);
      } else if (now() - saidAt >= LINE_EVERY_MS) {
        saidAt = now();
        say(`backfill ${Math.floor((100 * done) / total)} % (${done} of ${total} candles)`);
      }
    },
    stop() {
      if (bar) {
        lines.divert(null);
        // Lines that wait for the next redraw would be lost with the bar.
        bar.all.update();
        bar.all.stop();
        bar = null;
      }
      startedAt = null;
    },
  };
}

function openBar(lines: Lines) {
  const all = new MultiBar(
    {
      stream: lines.stream,
      format: 'backfill {bar} {percentage} %  {value} of {total} candles  {eta_formatted} left',
      clearOnComplete: true,
      // A killed program leaves the terminal as it was.
      hideCursor: null,
      linewrap: null,
    },
    Presets.shades_classic,
  );
  const one = all.create(1, 0);
  lines.divert((line) => all.log(`${line}\n`));
  return { all, one };
}

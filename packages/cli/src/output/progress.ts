import { MultiBar, Presets, type SingleBar } from 'cli-progress';
import { formatCount } from './formatNumber.ts';
import type { Lines } from './lines.ts';

/** Shows how far a backfill is. A backfill of less than a second shows nothing. */
export interface ProgressDisplay {
  update(doneSlots: number, totalSlots: number): void;
  stop(): void;
}

export interface ProgressOptions {
  readonly lines: Lines;
  /** Whether to draw a progress bar; else plain lines are written. */
  readonly drawsBar: boolean;
  readonly writeLine: (text: string) => void;
  /** Real time in ms, whatever the clock of a simulation says. */
  readonly now: () => number;
}

const SILENT_MS = 1_000;
const LINE_EVERY_MS = 5_000;

export function createProgressDisplay(options: ProgressOptions): ProgressDisplay {
  const { lines, drawsBar, writeLine, now } = options;
  let startedAt: number | null = null;
  let lineAt = Number.NEGATIVE_INFINITY;
  let bar: { readonly all: MultiBar; readonly one: SingleBar } | null = null;

  return {
    update(done, total) {
      startedAt ??= now();
      if (now() - startedAt < SILENT_MS) return;
      if (drawsBar) {
        bar ??= openBar(lines);
        bar.one.setTotal(total);
        bar.one.update(done);
      } else if (now() - lineAt >= LINE_EVERY_MS) {
        lineAt = now();
        const percent = Math.floor((100 * done) / total);
        writeLine(`backfill ${percent} % (${formatCount(done)} of about ${formatCount(total)} candles)`);
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
      format: 'backfill {bar} {percentage} %  {value} of about {total} candles  {eta_formatted} left',
      clearOnComplete: true,
      // A killed program cannot restore the cursor or the line wrap.
      hideCursor: null,
      linewrap: null,
    },
    Presets.shades_classic,
  );
  const one = all.create(1, 0);
  lines.divert((line) => all.log(`${line}\n`));
  return { all, one };
}

import { MultiBar, Presets, type SingleBar } from 'cli-progress';
import { formatCount } from './formatNumber.ts';
import type { Lines } from './lines.ts';

/** Work whose progress is shown, with what it counts. */
const WORKS = {
  backfill: { unit: 'candles', about: 'about ' },
  import: { unit: 'kB', about: '' },
  deriving: { unit: 'days', about: '' },
  audit: { unit: 'days', about: '' },
} as const;

export type Work = keyof typeof WORKS;

/**
 * The bottom line of a terminal: how far the work is, else a status. Work of less than a second shows
 * nothing.
 */
export interface ProgressDisplay {
  /** While one work is shown, others are not. */
  update(work: Work, done: number, total: number): void;
  end(work: Work): void;
  /** Shows a text while no work is shown; on a terminal only. */
  showStatus(text: string): void;
  /** Clears the line. */
  stop(): void;
}

export interface ProgressOptions {
  readonly lines: Lines;
  /** Whether to draw on the bottom line; else plain lines are written. */
  readonly drawsBar: boolean;
  readonly writeLine: (work: Work, text: string) => void;
  /** Real time in ms, whatever the clock of a simulation says. */
  readonly now: () => number;
}

const SILENT_MS = 1_000;
const LINE_EVERY_MS = 5_000;

export function createProgressDisplay(options: ProgressOptions): ProgressDisplay {
  const { lines, drawsBar, writeLine, now } = options;
  let shown: { readonly work: Work; readonly startedAt: number } | null = null;
  let lineAt = Number.NEGATIVE_INFINITY;
  let bottom: BottomLine | null = null;
  const switchTo = (kind: BottomLine['kind']): SingleBar => {
    if (bottom?.kind !== kind) {
      bottom?.close();
      bottom = openBottom(lines, kind);
    }
    return bottom.bar;
  };
  const clear = () => {
    bottom?.close();
    bottom = null;
  };

  return {
    update(work, done, total) {
      shown ??= { work, startedAt: now() };
      if (shown.work !== work || now() - shown.startedAt < SILENT_MS) return;
      const { unit, about } = WORKS[work];
      if (drawsBar) {
        const bar = switchTo(work);
        bar.setTotal(total);
        bar.update(done, { about, unit });
      } else if (now() - lineAt >= LINE_EVERY_MS) {
        lineAt = now();
        const percent = Math.floor((100 * done) / total);
        writeLine(
          work,
          `${work} ${percent} % (${formatCount(done)} of ${about}${formatCount(total)} ${unit})`,
        );
      }
    },
    end(work) {
      if (shown?.work !== work) return;
      shown = null;
      if (bottom?.kind === work) clear();
    },
    showStatus(text) {
      if (drawsBar && (shown === null || bottom?.kind === 'status')) switchTo('status').update(0, { text });
    },
    stop() {
      shown = null;
      clear();
    },
  };
}

/** What is drawn below the other lines. */
interface BottomLine {
  readonly kind: Work | 'status';
  readonly bar: SingleBar;
  close(): void;
}

const PROGRESS = '{name} {bar} {percentage} %  {value} of {about}{total} {unit}  {eta_formatted} left';

function openBottom(lines: Lines, kind: BottomLine['kind']): BottomLine {
  const all = new MultiBar(
    {
      stream: lines.stream,
      format: kind === 'status' ? '{text}' : PROGRESS,
      clearOnComplete: true,
      // A killed program cannot restore the cursor or the line wrap.
      hideCursor: false,
      linewrap: true,
    },
    Presets.shades_classic,
  );
  const bar = all.create(1, 0, { name: kind, about: '', unit: '', text: '' });
  lines.divert((line) => all.log(`${line}\n`));
  return {
    kind,
    bar,
    close() {
      lines.divert(null);
      // Lines that wait for the next redraw would be lost with the bar.
      all.update();
      all.stop();
    },
  };
}

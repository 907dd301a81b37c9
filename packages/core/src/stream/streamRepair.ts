import type { LakeKeeper } from '../derive/lakeKeeper.ts';
import type { Series } from '../domain/candle/candle.ts';
import { type Interval, intervalMs } from '../domain/time/interval.ts';
import { DAY_MS, type EpochMs, startOfDay } from '../domain/time/time.ts';
import type { CandleStore, Report } from '../ports.ts';
import { createProgress } from '../repair/progress.ts';
import { type DescribePorts, describeSymbols } from '../repair/registerSymbols.ts';
import { type KeepWholeOptions, type KeepWholePorts, keepWhole } from '../repair/repairLoop.ts';
import type { RepairScope } from '../repair/survey.ts';
import { createWake } from '../waiting/wake.ts';
import type { StatusBoard } from './status.ts';

export interface StreamRepairPorts extends KeepWholePorts, DescribePorts {
  readonly candles: CandleStore;
  readonly lake: Pick<LakeKeeper, 'request'>;
  readonly board: StatusBoard;
  readonly report: Report;
}

export interface StreamRepairOptions {
  readonly series: readonly Series[];
  readonly symbols: readonly string[];
  readonly interval: Interval;
  readonly historyDays: number;
  readonly backfill: boolean;
  readonly gapFill: boolean;
  /** The first slot of this run: older ones are the backfill's. */
  readonly liveFrom: EpochMs;
}

export interface StreamRepair {
  /** Repairs live slots and, at lower priority, the window of history, until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
  /** Looks at the live slots now: a link came back. */
  nudge(): void;
  /** Resolves when history has been asked for everything once. */
  readonly firstBackfill: Promise<void>;
  /** All that this run keeps whole, up to an instant; null while it is not known yet how far back that is. */
  scopesUntil(until: EpochMs): readonly RepairScope[] | null;
}

/** The repair side of a stream. */
export function createStreamRepair(ports: StreamRepairPorts, options: StreamRepairOptions): StreamRepair {
  const wake = createWake(ports.clock);
  const firstBackfill = Promise.withResolvers<void>();
  if (!options.backfill) firstBackfill.resolve();
  const live = liveScopes(options);
  let background: readonly RepairScope[] | null = options.backfill ? null : [];

  async function run(signal: AbortSignal): Promise<void> {
    await describeSymbols(ports, options, signal);
    ports.board.reached(true);
    const loops = [
      keepWhole(ports, { ...hearLive(ports), scopes: live, wake }, signal),
      keepSurveyed(ports, live, options.interval, signal),
    ];
    if (options.backfill) {
      background = await backgroundScopes(ports, options);
      const hears = await hearBackground(ports, background, firstBackfill.resolve);
      loops.push(keepWhole(ports, { ...hears, scopes: background, wake: createWake(ports.clock) }, signal));
    }
    await Promise.all(loops);
  }

  return {
    run,
    nudge: wake.nudge,
    firstBackfill: firstBackfill.promise,
    scopesUntil: (until) =>
      background && [...background, ...live].map((scope) => ({ ...scope, to: Math.min(scope.to, until) })),
  };
}

function liveScopes({ series, liveFrom, gapFill }: StreamRepairOptions): readonly RepairScope[] {
  const to = Number.POSITIVE_INFINITY;
  return series.map((one) => ({
    series: one,
    from: liveFrom,
    to,
    fillGaps: gapFill,
    reread: true,
    priority: 'live',
  }));
}

/** From the start of the window of history, or from the oldest day in the store if that is earlier: downtime leaves no hole behind. */
async function backgroundScopes(
  { candles }: StreamRepairPorts,
  { series, liveFrom, historyDays }: StreamRepairOptions,
): Promise<readonly RepairScope[]> {
  const windowStart = startOfDay(liveFrom) - historyDays * DAY_MS;
  const known = await candles.listSeries();
  return series.map((one) => {
    const record = known.find(({ symbol, interval }) => symbol === one.symbol && interval === one.interval);
    const from = Math.min(windowStart, startOfDay(record?.firstSlot ?? windowStart));
    return { series: one, from, to: liveFrom, fillGaps: true, reread: true, priority: 'background' };
  });
}

type Hears = Pick<KeepWholeOptions, 'onPass' | 'onAnswer' | 'onFailure' | 'onRound'>;

function hearLive({ board, lake, report }: StreamRepairPorts): Hears {
  return {
    onPass: ({ series }, needs) => board.surveyed(series.symbol, needs),
    onFailure: hearFailure(board, report),
    onAnswer({ series: { symbol } }, { filled }) {
      board.reached(true);
      lake.request();
      if (filled === 0) return;
      board.repaired(filled);
      const message = `${symbol}: filled ${filled} missing ${filled === 1 ? 'candle' : 'candles'}`;
      report({ level: 'info', kind: 'repaired', message, fields: { symbol, slots: filled } });
    },
  };
}

async function hearBackground(
  ports: StreamRepairPorts,
  scopes: readonly RepairScope[],
  onFirstRound: () => void,
): Promise<Hears> {
  const { board, lake, report } = ports;
  const progress = await createProgress(ports, scopes);
  board.backfilled(progress.read());
  return {
    onPass: () => {},
    onFailure: hearFailure(board, report),
    onAnswer({ series }, answer) {
      board.reached(true);
      board.repaired(answer.filled);
      board.backfilled(progress.answered(series, answer));
      lake.request();
    },
    onRound() {
      board.backfilled(progress.ended());
      onFirstRound();
    },
  };
}

function hearFailure(board: StatusBoard, report: Report): KeepWholeOptions['onFailure'] {
  return (error) => {
    board.reached(false);
    report({ level: 'warn', kind: 'history-failed', message: `history: ${error.message}; trying again` });
  };
}

/** The live slots are looked at once an interval even while history hangs, so that health knows how old a hole is. */
async function keepSurveyed(
  { clock, repairer, board }: StreamRepairPorts,
  scopes: readonly RepairScope[],
  interval: Interval,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    for (const scope of scopes) board.surveyed(scope.series.symbol, await repairer.survey(scope));
    await clock.sleep(intervalMs(interval) / 2, signal);
  }
}

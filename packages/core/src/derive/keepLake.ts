import { type EpochMs, MINUTE_MS, SECOND_MS } from '../domain/time/time.ts';
import type { Clock, DerivedBars, Report, WithLakeLease } from '../ports.ts';
import { createWake } from '../waiting/wake.ts';
import { type DerivePorts, deriveDirtyDays } from './derive.ts';
import { restoreLake } from './restoreLake.ts';
import { sweepLake } from './sweepLake.ts';

/** Keeps the lake up to the store, off the path of the candles. */
export interface LakeKeeper {
  /** Something was marked: derive it soon. */
  request(): void;
  /** Derives every day that is marked by now, at once. Throws what kept it from doing so; the marks stay then. */
  flush(signal: AbortSignal): Promise<void>;
  status(): LakeStatus;
}

/** How far the lake is behind the store; instants are those of the keeper's clock. */
export interface LakeStatus {
  /** Marked days, as last counted. */
  readonly dirtyDays: number;
  /** Since when something has been marked without a break; null when nothing is. */
  readonly oldestDirtySince: EpochMs | null;
  readonly lastDerivedAt: EpochMs | null;
  /** The watermark that the last complete derivation started with; 0 before the first. */
  readonly lastAsOf: EpochMs;
  /** Why the last derivation failed; null when it did not. */
  readonly lastError: string | null;
}

export interface LakeKeeperPorts extends DerivePorts {
  readonly clock: Clock;
  readonly withLakeLease: WithLakeLease;
  readonly report: Report;
  /** Done once before the first derivation, with the lease. */
  readonly prepare?: () => Promise<void>;
  /** Hears the bars of each derived day, after its objects and checkpoints are written. */
  readonly onBars?: (bars: readonly DerivedBars[]) => void;
  readonly onStatus?: (status: LakeStatus) => void;
}

/** What changes together, such as the candles of many symbols that close at once, goes into one rewrite. */
const GATHER_MS = SECOND_MS;

/** A partition is rewritten at most once in this time (design §5). */
const REWRITE_MS = 30 * SECOND_MS;

/** Marks that nobody announced: another process on the same store may have died between marking and deriving. */
const LOOK_MS = MINUTE_MS;

const LONGEST_RETRY_MS = 5 * MINUTE_MS;

/** Of a keeper that has not looked yet. */
export const INITIAL_LAKE_STATUS: LakeStatus = {
  dirtyDays: 0,
  oldestDirtySince: null,
  lastDerivedAt: null,
  lastAsOf: 0,
  lastError: null,
};

/**
 * Makes the keeper. `run` derives what is marked at the start, and later whenever it is asked to; it ends by throwing the signal's reason.
 * A derivation that fails there is reported once, in one line, and tried again ever more slowly; the marks stay in the store.
 */
export function createLakeKeeper(
  ports: LakeKeeperPorts,
): LakeKeeper & { run(signal: AbortSignal): Promise<void> } {
  const wake = createWake(ports.clock);
  let status = INITIAL_LAKE_STATUS;
  let notBefore = Number.NEGATIVE_INFINITY;
  let retryMs = REWRITE_MS;
  let isPrepared = false;
  let tidiedFor: string | null = null;
  let busy: Promise<unknown> = Promise.resolve();

  function change(part: Partial<LakeStatus>): void {
    status = { ...status, ...part };
    ports.onStatus?.(status);
  }

  function marked(since: EpochMs): void {
    change({ oldestDirtySince: status.oldestDirtySince ?? since });
  }

  /** One derivation at a time, of the loop or of a flush. */
  function derive(signal: AbortSignal): Promise<void> {
    const turn = busy.then(() => deriveMarked(signal));
    busy = turn.catch(() => undefined);
    return turn;
  }

  async function deriveMarked(signal: AbortSignal): Promise<void> {
    const before = status.oldestDirtySince;
    const startedAt = ports.clock.now();
    change({ oldestDirtySince: null });
    try {
      await prepare(signal);
      await tidy(signal);
      const lastAsOf = await ports.derivation.readAsOf();
      const written = await deriveDirtyDays(ports, signal, {
        onDay: (derived) => ports.onBars?.(derived.bars),
      });
      const dirtyDays = (await ports.derivation.dirtyDays()).length;
      if (dirtyDays > 0) marked(startedAt);
      change({ dirtyDays, lastAsOf, lastDerivedAt: ports.clock.now(), lastError: null });
      retryMs = REWRITE_MS;
      if (written.days > 0) notBefore = ports.clock.now() + REWRITE_MS;
      if (written.objects > 0) ports.report(lakeWritten(written));
    } catch (error) {
      change({ oldestDirtySince: before ?? startedAt });
      throw error;
    }
  }

  async function prepare(signal: AbortSignal): Promise<void> {
    if (isPrepared) return;
    await ports.withLakeLease(async () => ports.prepare?.(), signal);
    isPrepared = true;
  }

  /** Once at the start, and for other timeframes, under which some objects belong to the lake no more. */
  async function tidy(signal: AbortSignal): Promise<void> {
    const settings = await ports.derivation.readSettings();
    const key = settings?.timeframes.join() ?? null;
    if (settings === null || key === tidiedFor) return;
    await ports.withLakeLease(() => sweepLake(ports.objects, settings), signal);
    await restoreLake(ports, settings, signal);
    tidiedFor = key;
  }

  function failed(error: unknown): void {
    const lastError = error instanceof Error ? error.message : String(error);
    if (lastError !== status.lastError) ports.report(lakeFailed(lastError));
    change({ lastError });
    notBefore = ports.clock.now() + retryMs;
    retryMs = Math.min(2 * retryMs, LONGEST_RETRY_MS);
  }

  async function look(): Promise<void> {
    const { length: dirtyDays } = await ports.derivation.dirtyDays();
    change({ dirtyDays });
    if (dirtyDays > 0) marked(ports.clock.now());
  }

  return {
    request() {
      marked(ports.clock.now());
      wake.nudge();
    },
    flush: derive,
    status: () => status,
    async run(signal) {
      marked(ports.clock.now());
      for (;;) {
        const since = status.oldestDirtySince;
        const waitMs = since === null ? LOOK_MS : Math.max(since + GATHER_MS, notBefore) - ports.clock.now();
        if (since !== null && waitMs <= 0) {
          await derive(signal).catch((error) => {
            signal.throwIfAborted();
            failed(error);
          });
        } else {
          await wake.sleep(waitMs, signal);
          await look();
        }
      }
    },
  };
}

function lakeWritten({ days, objects }: { readonly days: number; readonly objects: number }) {
  const message = `lake: ${objects} objects of ${days} days written`;
  return { level: 'debug', kind: 'lake-written', message, fields: { days, objects } } as const;
}

function lakeFailed(reason: string) {
  const message = `the lake could not be written, its changes are kept for the next try: ${reason}`;
  return { level: 'error', kind: 'lake-failed', message } as const;
}

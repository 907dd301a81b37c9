import { type EpochMs, MINUTE_MS, SECOND_MS } from '../domain/time/time.ts';
import type { LakeDamage } from '../lake/objects.ts';
import type { Clock, DerivationStore, DerivedBars, Report, ReportedEvent } from '../ports.ts';
import { createWake } from '../waiting/wake.ts';
import type { DerivedDay } from './deriveDay.ts';
import { deriveMarkedDays, dueEvery, lakeWritten } from './deriveMarkedDays.ts';
import { damageEvents, nextShare } from './inspectLake.ts';
import type { LakeKeeper } from './lakeKeeper.ts';
import { INITIAL_LAKE_STATUS, type LakeStatus, statusAfterPass } from './lakeStatus.ts';
import type { LakeWriter } from './lakeWriter.ts';

export interface DerivationLoopPorts {
  readonly clock: Clock;
  readonly derivation: DerivationStore;
  readonly writer: LakeWriter;
  readonly report: Report;
  /** Called with the bars of each derived day, after its objects and checkpoints are written. */
  readonly onBars?: (bars: readonly DerivedBars[]) => void;
  /** Called with each day whose objects changed, after they are written. */
  readonly onDay?: (day: EpochMs) => void;
  readonly onStatus?: (status: LakeStatus) => void;
}

/** Candles that close together cause one rewrite: a request waits this long. */
const GATHER_MS = SECOND_MS;

/** A partition is rewritten at most once in this time. */
const REWRITE_MS = 30 * SECOND_MS;

/** The store is asked for marks this often: another process may have died between marking and deriving. */
const LOOK_MS = MINUTE_MS;

const LONGEST_RETRY_MS = 5 * MINUTE_MS;

/**
 * Keeps the lake up to date with the store, in this process. One derivation runs at a time, of `run` or of a
 * flush.
 */
export class DerivationLoop implements LakeKeeper {
  readonly #ports: DerivationLoopPorts;
  readonly #wake: ReturnType<typeof createWake>;
  #status = INITIAL_LAKE_STATUS;
  // Instants of the monotonic clock: a wall clock that is set back must not put a derivation off.
  #gatheredAt = Number.NEGATIVE_INFINITY;
  #notBefore = Number.NEGATIVE_INFINITY;
  #retryMs = REWRITE_MS;
  #inspectedFor: string | null = null;
  #inspectedAt: EpochMs | null = null;
  #lastTurn: Promise<unknown> = Promise.resolve();

  constructor(ports: DerivationLoopPorts) {
    this.#ports = ports;
    this.#wake = createWake(ports.clock);
  }

  request(): void {
    this.#markedSince(this.#ports.clock.monotonic());
    this.#wake.wake();
  }

  flush(signal: AbortSignal): Promise<void> {
    return this.#takeTurn(async () => {
      await this.#derive(signal);
      if (await this.#inspect(signal)) await this.#derive(signal);
    });
  }

  status(): LakeStatus {
    return this.#status;
  }

  /**
   * Derives what is marked at the start, and later whenever it is requested, until the signal aborts; then
   * throws its reason. A derivation that fails is reported once, in one line, and tried again with growing
   * pauses; the marks stay in the store.
   */
  async run(signal: AbortSignal): Promise<never> {
    const { clock } = this.#ports;
    this.#markedSince(clock.monotonic());
    for (;;) {
      const isMarked = this.#status.oldestDirtySince !== null;
      const now = clock.monotonic();
      const dueAt = isMarked ? Math.max(this.#gatheredAt, this.#notBefore) : now + LOOK_MS;
      if (isMarked && dueAt <= now) {
        await this.flush(signal).catch((error) => {
          signal.throwIfAborted();
          this.#failed(error);
        });
      } else {
        await this.#wake.sleep(dueAt - now, signal);
        await this.#countMarks();
        if (this.#status.oldestDirtySince === null) await this.#takeTurn(() => this.#inspectShare(signal));
      }
    }
  }

  async #derive(signal: AbortSignal): Promise<void> {
    const { clock, report } = this.#ports;
    const before = this.#status.oldestDirtySince;
    const startedAt = clock.monotonic();
    // A request during the derivation sets it anew.
    this.#change({ oldestDirtySince: null });
    try {
      const onDay = (derived: DerivedDay, left: number) => this.#derived(derived, left);
      const isNewestDue = dueEvery(REWRITE_MS, clock);
      const pass = await deriveMarkedDays({ ...this.#ports, onDay, isNewestDue }, signal);
      const after = statusAfterPass(pass, { startedAt, endedAt: clock.now() });
      const oldestDirtySince = this.#status.oldestDirtySince ?? after.oldestDirtySince;
      this.#change({ ...after, oldestDirtySince });
      this.#retryMs = REWRITE_MS;
      const pauseMs = pass.days > 0 ? REWRITE_MS : GATHER_MS;
      this.#notBefore = Math.max(this.#notBefore, clock.monotonic() + pauseMs);
      if (pass.objects > 0) report(lakeWritten(pass));
    } catch (error) {
      this.#change({ oldestDirtySince: before ?? startedAt });
      throw error;
    }
  }

  #derived({ day, objects, bars }: DerivedDay, left: number): void {
    this.#change({ dirtyDays: left });
    this.#ports.onBars?.(bars);
    if (objects > 0) this.#ports.onDay?.(day);
  }

  /**
   * At the start, and after a change of the timeframes, which makes other objects belong to the lake. Returns
   * whether it marked a day.
   */
  async #inspect(signal: AbortSignal): Promise<boolean> {
    const settings = await this.#ports.derivation.readSettings();
    const key = settings?.timeframes.join() ?? null;
    if (key === this.#inspectedFor) return false;
    this.#inspectedFor = key;
    this.#inspectedAt = this.#ports.clock.now();
    return this.#reportDamage(this.#ports.writer.inspect(signal), signal);
  }

  /** In idle moments, so that the content of each object is read once a day. */
  async #inspectShare(signal: AbortSignal): Promise<void> {
    const { clock } = this.#ports;
    const [now, startedAt] = [clock.now(), clock.monotonic()];
    const { share, until } = nextShare(this.#inspectedAt ?? now, now);
    this.#inspectedAt = until;
    if (await this.#reportDamage(this.#ports.writer.inspectShare(share, signal), signal))
      this.#markedSince(startedAt);
  }

  /**
   * Reports what an inspection marked, and returns whether it marked a day. A failed inspection stops no
   * derivation.
   */
  async #reportDamage(inspection: Promise<LakeDamage>, signal: AbortSignal): Promise<boolean> {
    try {
      const events = damageEvents(await inspection);
      for (const event of events) this.#ports.report(event);
      return events.length > 0;
    } catch (error) {
      signal.throwIfAborted();
      this.#ports.report(lakeUninspected(error instanceof Error ? error.message : String(error)));
      return false;
    }
  }

  #takeTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#lastTurn.then(work);
    this.#lastTurn = turn.catch(() => undefined);
    return turn;
  }

  #failed(error: unknown): void {
    const lastError = error instanceof Error ? error.message : String(error);
    if (lastError !== this.#status.lastError) this.#ports.report(lakeFailed(lastError));
    this.#change({ lastError });
    this.#notBefore = this.#ports.clock.monotonic() + this.#retryMs;
    this.#retryMs = Math.min(2 * this.#retryMs, LONGEST_RETRY_MS);
  }

  async #countMarks(): Promise<void> {
    const { length: dirtyDays } = await this.#ports.derivation.dirtyDays();
    this.#change({ dirtyDays });
    if (dirtyDays > 0) this.#markedSince(this.#ports.clock.monotonic());
  }

  #markedSince(since: number): void {
    if (this.#status.oldestDirtySince !== null) return;
    this.#gatheredAt = this.#ports.clock.monotonic() + GATHER_MS;
    this.#change({ oldestDirtySince: since });
  }

  #change(part: Partial<LakeStatus>): void {
    this.#status = { ...this.#status, ...part };
    this.#ports.onStatus?.(this.#status);
  }
}

function lakeFailed(reason: string): ReportedEvent {
  const message = `the lake could not be written; its changes are kept for the next attempt: ${reason}`;
  return { level: 'error', kind: 'lake-failed', message };
}

function lakeUninspected(reason: string): ReportedEvent {
  const message = `the objects of the lake could not be checked: ${reason}`;
  return { level: 'warn', kind: 'lake-uninspected', message };
}

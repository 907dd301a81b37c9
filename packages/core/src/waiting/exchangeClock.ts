import { CLOCK_TOLERANCE_MS } from '../domain/candle/closing.ts';
import { type EpochMs, formatInstant, MINUTE_MS, SECOND_MS } from '../domain/time/time.ts';
import { RetryableError } from '../errors.ts';
import type { Clock, Report, SyncedExchangeClock } from '../ports.ts';

/** A server time that the exchange answered, with what it was read beside. Instants are monotonic ms. */
export interface ServerTimeSample {
  readonly serverTime: EpochMs;
  readonly sentAt: number;
  readonly answeredAt: number;
  /** The `Date` header of the same answer, in whole seconds; null without one. */
  readonly date: EpochMs | null;
}

/** From this offset on the user gets a warning about the machine's clock. */
const CLOCK_WARNING_MS = 10 * SECOND_MS;

/**
 * A clock that is slewed drifts by 0.5 ms a second at most: 0.3 s between two syncs. A greater difference
 * between wall clock and monotonic clock is a step, or a machine that slept.
 */
const JUMP_MS = 2 * SECOND_MS;

/** A `Date` header is in whole seconds, and a cache may be a little late with it. */
const DATE_TOLERANCE_MS = MINUTE_MS;
/** The wall clock of most machines is within a second; one that is further off than this confirms nothing. */
const WALL_TOLERANCE_MS = 2 * MINUTE_MS;
/** How long after its open time a candle may be shown and still tell the time. */
const SHOWN_TOLERANCE_MS = 30 * MINUTE_MS;

/**
 * The exchange's time: the last server time that was confirmed, advanced by the monotonic clock, so that a
 * step of the wall clock does not move it. Before the first sync it is the wall clock, and `isSynced` says
 * no. Source: docs/bingx.md, "Time".
 */
export class SyncedClock implements SyncedExchangeClock {
  readonly #clock: Clock;
  readonly #report: Report;
  #synced: { readonly time: EpochMs; readonly monotonic: number; readonly wall: EpochMs } | null = null;
  #lastShown: EpochMs | null = null;
  #newestShown: EpochMs | null = null;

  constructor({ clock, report }: { readonly clock: Clock; readonly report: Report }) {
    this.#clock = clock;
    this.#report = report;
  }

  now(): EpochMs {
    return this.#synced === null ? this.#clock.now() : this.at(this.#clock.monotonic());
  }

  /** Exchange time at an instant of the monotonic clock. */
  at(monotonic: number): EpochMs {
    const { time, monotonic: since } = this.#synced ?? this.#wallClock();
    return Math.floor(time + monotonic - since);
  }

  isSynced(): boolean {
    if (this.#synced === null) return false;
    const { monotonic, wall } = this.#synced;
    const passed = this.#clock.monotonic() - monotonic;
    return Math.abs(this.#clock.now() - wall - passed) <= JUMP_MS;
  }

  shown(openTime: EpochMs): void {
    this.#lastShown = openTime;
    // Without a reliable time nothing tells whether the exchange can have shown this candle.
    if (this.isSynced()) this.#newestShown = Math.max(openTime, this.#newestShown ?? openTime);
  }

  newestShown(): EpochMs | null {
    return this.#newestShown;
  }

  /**
   * Takes a server time that something else confirms: the `Date` header, the wall clock, the clock so far, or
   * the candle that was shown last. Throws RetryableError for one that nothing confirms, and keeps the time.
   */
  sync(sample: ServerTimeSample): void {
    const { serverTime, sentAt, answeredAt } = sample;
    const monotonic = (sentAt + answeredAt) / 2;
    const wall = this.#clock.now() - (this.#clock.monotonic() - monotonic);
    if (!this.#isConfirmed(sample, { monotonic, wall })) {
      throw new RetryableError(
        `the exchange's server time "${formatInstant(serverTime)}" is refused: this machine's clock says ` +
          `"${formatInstant(Math.floor(wall))}", and neither the answer's date nor a candle confirms it`,
      );
    }
    this.#synced = { time: serverTime, monotonic, wall };
    this.#reportOffset(Math.round(serverTime - wall), Math.round(answeredAt - sentAt));
  }

  #isConfirmed(
    { serverTime, date }: ServerTimeSample,
    at: { readonly monotonic: number; readonly wall: EpochMs },
  ): boolean {
    const isNear = (time: EpochMs, tolerance: number) => Math.abs(serverTime - time) <= tolerance;
    if (date !== null && isNear(date, DATE_TOLERANCE_MS)) return true;
    if (isNear(at.wall, WALL_TOLERANCE_MS)) return true;
    if (this.isSynced() && isNear(this.at(at.monotonic), CLOCK_TOLERANCE_MS)) return true;
    const sinceShown = this.#lastShown === null ? Number.NaN : serverTime - this.#lastShown;
    return sinceShown >= -CLOCK_TOLERANCE_MS && sinceShown <= SHOWN_TOLERANCE_MS;
  }

  #wallClock() {
    return { time: this.#clock.now(), monotonic: this.#clock.monotonic() };
  }

  #reportOffset(offsetMs: number, roundTripMs: number): void {
    const direction = offsetMs > 0 ? 'behind' : 'ahead of';
    this.#report({
      level: Math.abs(offsetMs) >= CLOCK_WARNING_MS ? 'warn' : 'debug',
      kind: 'clock',
      message: `this machine's clock is ${Math.abs(offsetMs)} ms ${direction} the exchange's`,
      fields: { offsetMs, roundTripMs },
    });
  }
}

/**
 * A fault of the program before (docs/predecessor.md), or one that a simulation found here, which is put back
 * into the code. A simulation that would not notice it proves nothing.
 */
export interface Mutation {
  readonly name: string;
  /** Its number in docs/predecessor.md; null for a fault that a simulation found. */
  readonly fault: number | null;
  readonly changes: readonly Change[];
  /** A seed that notices it, at the sizes that `npm run simulate` has by default. */
  readonly seed: number;
}

/** One place of the code. */
export interface Change {
  /** Below packages/core/src. */
  readonly file: string;
  /** Text that the file holds once. */
  readonly from: string;
  readonly to: string;
}

export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'open-candle-is-final',
    fault: 1,
    seed: 1,
    changes: [
      {
        file: 'domain/slots/historyAnswer.ts',
        from: 'const closed = rows.filter((row) => row.openTime + intervalMs <= observed);',
        to: 'const closed = rows;',
      },
      {
        file: 'domain/slots/historyAnswer.ts',
        from: 'const final = row.openTime < newest || observed - (row.openTime + intervalMs) >= FINAL_AGE_MS;',
        to: 'const final = true;',
      },
    ],
  },
  {
    name: 'incomplete-bar-is-dropped',
    fault: 3,
    seed: 1,
    changes: [
      { file: 'domain/bars/bars.ts', from: 'if (candles === 0) {', to: 'if (candles < to - from) {' },
    ],
  },
  {
    name: 'late-candle-leaves-later-indicators',
    fault: 4,
    seed: 1,
    changes: [
      {
        file: 'domain/slots/derivationPlan.ts',
        from: 'new Set(changed.length > 0 && next < asOf ? [next] : [])',
        to: 'new Set<EpochMs>(next < 0 ? [next] : [])',
      },
    ],
  },
  {
    name: 'open-update-outlives-its-link',
    fault: 6,
    seed: 43,
    changes: [
      {
        file: 'stream/record.ts',
        from: 'closer.disconnect(event.connection);',
        to: 'closer.heartbeat(event.connection, 0);',
      },
      {
        file: 'domain/candle/closing.ts',
        from: 'if (state.lastFrameAt >= update.openTime + this.#lengthMs) return [toClosed(update)];',
        to: 'if (state.lastFrameAt >= 0) return [toClosed(update)];',
      },
    ],
  },
  {
    name: 'stream-is-never-reconciled',
    fault: 9,
    seed: 1,
    changes: [
      {
        file: 'domain/slots/slots.ts',
        from: 'return isOpen ? SlotState.provisional : SlotState.final;',
        to: 'return isOpen ? SlotState.final : SlotState.final;',
      },
    ],
  },
  {
    name: 'skipped-slot-is-not-noticed',
    fault: 10,
    seed: 1,
    changes: [
      {
        file: 'domain/slots/needs.ts',
        from: 'if (evidence.candle === null && !fillGaps) continue;',
        to: 'if (evidence.candle === null) continue;',
      },
    ],
  },
  {
    name: 'bars-of-3m-candles',
    fault: 11,
    seed: 1,
    changes: [
      {
        file: 'domain/bars/bars.ts',
        from: '(timeframeMinutes * MINUTE_MS) / slots.intervalMs;',
        to: '(timeframeMinutes * MINUTE_MS) / 180_000;',
      },
    ],
  },
  {
    name: 'averages-with-tolerance',
    fault: 16,
    seed: 1,
    changes: [
      {
        file: 'domain/bars/indicators.ts',
        from: 'if (short > long) return BULLISH;',
        to: 'if (Math.abs(short - long) < 0.01) return NEUTRAL;\n  if (short > long) return BULLISH;',
      },
    ],
  },
  {
    name: 'indicators-begin-anew',
    fault: 18,
    seed: 1,
    changes: [
      {
        file: 'derive/computeSeries.ts',
        from: 'if (startOfDay(record.firstSlot!) === day) return INITIAL_INDICATOR_STATE;',
        to: 'if (startOfDay(record.firstSlot!) <= day) return INITIAL_INDICATOR_STATE;',
      },
    ],
  },
  {
    name: 'failed-answer-is-an-empty-one',
    fault: 20,
    seed: 17,
    changes: [
      {
        file: 'bingx/answer.ts',
        from: "return { kind: 'refused', error: refusal(code, { text, status }, context) };",
        to: "return { kind: 'data', data: [] };",
      },
      {
        file: 'domain/slots/historyAnswer.ts',
        from: 'if (rows.length === 0) return [];\n  const outside = new Set(slotsOutsideAnswer(answer, slots));',
        to: 'const outside = new Set(rows.length === 0 ? [] : slotsOutsideAnswer(answer, slots));',
      },
    ],
  },
  {
    name: 'pace-is-ignored',
    fault: 24,
    seed: 1,
    changes: [
      {
        file: 'bingx/pace/budget.ts',
        from: 'if (waitMs === 0) this.#startNext(next.route);',
        to: 'if (waitMs >= 0) this.#startNext(next.route);',
      },
    ],
  },
  {
    name: 'reconnects-at-once',
    fault: 29,
    seed: 6,
    changes: [
      {
        file: 'bingx/marketStream.ts',
        from: 'await clock.sleep(retryInMs, signal);',
        to: 'await clock.sleep(0 * retryInMs, signal);',
      },
    ],
  },
  {
    name: 'rows-are-appended',
    fault: 36,
    seed: 1,
    changes: [
      {
        file: 'derive/computeDay.ts',
        from: 'first ? joinRows([first, ...others]) : null',
        to: 'first ? joinRows([first, ...others, first]) : null',
      },
    ],
  },
  {
    name: 'latest-day-is-not-written',
    fault: 37,
    seed: 1,
    changes: [
      {
        file: 'derive/deriveMarkedDays.ts',
        from: 'for (next = marked; next < asOf; ) {',
        to: 'for (next = marked; next + DAY_MS <= asOf; ) {',
      },
      {
        file: 'derive/deriveMarkedDays.ts',
        from: '{ from: next, until: asOf }',
        to: '{ from: next, until: asOf - DAY_MS + 1 }',
      },
    ],
  },
  {
    name: 'health-is-always-ok',
    fault: 49,
    seed: 107,
    changes: [
      { file: 'stream/health.ts', from: "status: reason ? 'unhealthy' : 'ok',", to: "status: 'ok'," },
    ],
  },
  {
    name: 'candle-of-the-launch-is-not-expected',
    fault: null,
    seed: 1478,
    changes: [
      {
        file: 'repair/listing.ts',
        from: 'isAhead ? null : floorToInterval(launchTime, interval);',
        to: 'isAhead ? null : launchTime;',
      },
    ],
  },
  {
    name: 'listing-waits-by-the-wall-clock',
    fault: null,
    seed: 682,
    changes: [
      {
        file: 'stream/watchListing.ts',
        from: 'dueAt ??= clock.monotonic() +',
        to: 'dueAt ??= clock.now() +',
      },
      {
        file: 'stream/watchListing.ts',
        from: 'if (clock.monotonic() < dueAt) continue;',
        to: 'if (clock.now() < dueAt) continue;',
      },
    ],
  },
  {
    name: 'lake-waits-by-the-wall-clock',
    fault: null,
    seed: 0,
    changes: [
      { file: 'derive/derivationLoop.ts', from: 'now = clock.monotonic();', to: 'now = clock.now();' },
      {
        file: 'derive/derivationLoop.ts',
        from: 'clock.monotonic() + GATHER_MS;',
        to: 'clock.now() + GATHER_MS;',
      },
      {
        file: 'derive/derivationLoop.ts',
        from: 'clock.monotonic() + pauseMs',
        to: 'clock.now() + pauseMs',
      },
    ],
  },
];

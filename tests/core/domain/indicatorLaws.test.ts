import {
  computeIndicators,
  INITIAL_INDICATOR_STATE,
  type IndicatorState,
  type Periods,
} from '@candlelake/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { indicatorRow } from './indicatorRow.ts';
import { literalIndicators } from './literalLaws.ts';
import { barColumns, type SimpleBar } from './makeCandles.ts';

/** Prices in few ticks, so that averages meet and cross often; some with digits that do not add up exactly. */
const tick = fc.oneof(
  fc.integer({ min: 1, max: 12 }).map((ticks) => ticks / 10),
  fc.double({ min: 0.5, max: 1.5, noNaN: true }),
);
const anyBar: fc.Arbitrary<SimpleBar> = fc
  .record({
    prices: fc.tuple(tick, tick, tick),
    status: fc.constantFrom('complete', 'complete', 'complete', 'provisional', 'short'),
    afterOutage: fc.integer({ min: 0, max: 15 }).map((die) => die === 0),
  })
  .map(({ prices, status, afterOutage }) => {
    const [low, close, high] = prices.toSorted((one, other) => one - other);
    return { low: low!, close: close!, high: high!, status, afterOutage };
  });
const anyPeriods: fc.Arbitrary<Periods> = fc.record({
  maShort: fc.integer({ min: 1, max: 5 }),
  maLong: fc.integer({ min: 1, max: 8 }),
  atr: fc.integer({ min: 1, max: 6 }),
});

describe('indicators of any bars', () => {
  it('equal a literal restatement of the laws, bit for bit', () => {
    fc.assert(
      fc.property(fc.array(anyBar, { maxLength: 40 }), anyPeriods, (bars, periods) => {
        const columns = computeIndicators(barColumns(bars), periods, INITIAL_INDICATOR_STATE).indicators;
        for (let row = 0; row < bars.length; row++) {
          expect(indicatorRow(columns, row)).toEqual(literalIndicators(bars.slice(0, row + 1), periods));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('are the same bits when the state is handed over as JSON, wherever the bars are cut (predecessor fault 18)', () => {
    const cuts = fc.array(fc.nat(60), { maxLength: 6 });
    fc.assert(
      fc.property(
        fc.array(anyBar, { maxLength: 60 }),
        anyPeriods,
        cuts,
        fc.boolean(),
        (bars, periods, at, told) => {
          const whole = computeIndicators(barColumns(bars), periods, INITIAL_INDICATOR_STATE);
          const edges = [0, ...at.toSorted((one, other) => one - other), bars.length];
          let state: IndicatorState = INITIAL_INDICATOR_STATE;
          let row = 0;
          for (const [index, edge] of edges.entries()) {
            const part = bars.slice(edges[index - 1] ?? 0, edge);
            // An outage between two sessions is known to the end of the first, the start of the second, or both.
            const endsInOutage = told && bars[Math.max(edge, edges[index - 1] ?? 0)]?.afterOutage === true;
            const derived = computeIndicators(barColumns(part, endsInOutage), periods, state);
            for (let own = 0; own < part.length; own++, row++) {
              expect(indicatorRow(derived.indicators, own)).toEqual(indicatorRow(whole.indicators, row));
            }
            state = JSON.parse(JSON.stringify(derived.state));
            expect(state).toEqual(derived.state);
          }
          expect(row).toBe(bars.length);
          expect(state).toEqual(whole.state);
        },
      ),
      { numRuns: 500 },
    );
  });
});

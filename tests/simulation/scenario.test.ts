import { expect, it } from 'vitest';
import { createSeededRandom } from '../support/seededRandom.ts';
import { drawScenario } from './scenario.ts';
import { variantOf } from './variants.ts';

/**
 * Reads of a closed slot that nothing settles, s after its close: the first one, then the pauses. Source:
 * docs/truth.md, "When a candle is final".
 */
const READS_S = [8, 15, 30, 60, 120, 300, 600].map((_, index, pauses) =>
  pauses.slice(0, index + 1).reduce((sum, pause) => sum + pause),
);
/** A read that was sent so long after the close is final without a newer row. Source: the same place. */
const FINAL_AGE_S = 600;
/** Of the requests and of the waits for each other, for all reads of a slot. */
const LATENCIES_S = 10;

it('a run ends after the read that makes its last closed candle final', () => {
  const seen = new Map<string, number>();
  for (let seed = 0; seen.size < 5; seed += 1) {
    const random = createSeededRandom(seed);
    const { interval, intervalMs, end } = drawScenario({
      ...{ days: 1, symbols: 1, variant: variantOf(seed), random },
    });
    seen.set(interval, (end % intervalMs) / 1000);
    // The open candle may have its first trade at any time of its first half.
    const lastTrade = intervalMs / 2000;
    const read = READS_S.find((second) => second > lastTrade || second >= FINAL_AGE_S)!;
    expect(seen.get(interval), interval).toBeGreaterThan(read + LATENCIES_S);
  }
});

import type { CandleValues, EpochMs } from '@candlelake/core';
import { createSeededRandom } from '../support/seededRandom.ts';

const SLOT_MS = 180_000;
/** The walk begins here: a week before the simulation. */
const START = Date.UTC(2026, 10, 14);
const SLOTS = (16 * 86_400_000) / SLOT_MS;
/** Standard deviation of a step, as a share of the price. */
const STEP = 0.001;

const WALK = walk();

/**
 * Values of a random walk: its averages cross about as often as those of recorded candles, and each crossover
 * costs writes and a message. A pattern that repeats would cross far more often.
 */
export function walkValues(openTime: EpochMs): CandleValues {
  const index = (openTime - START) / SLOT_MS;
  const [open, close] = [WALK[index]!, WALK[index + 1]!];
  const text = (price: number) => String(Number(price.toFixed(1)));
  return {
    open: text(open),
    high: text(Math.max(open, close) + 10),
    low: text(Math.min(open, close) - 10),
    close: text(close),
    volume: `${1 + (index % 7)}.5`,
  };
}

/** The sum of twelve uniform numbers is close to a normal one. */
function walk(): readonly number[] {
  const random = createSeededRandom(1);
  const prices = [60_000];
  for (let index = 0; index < SLOTS; index++) {
    let step = -6;
    for (let part = 0; part < 12; part++) step += random();
    prices.push(prices[index]! * (1 + STEP * step));
  }
  return prices;
}

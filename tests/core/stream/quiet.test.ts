import { INITIAL_LAKE_STATUS, NO_NEEDS, StatusBoard } from '@candlelake/core';
import { describe, expect, it } from 'vitest';

const SLOT = 3 * 60_000;
const NOON = Date.UTC(2026, 10, 22, 12);
const slots = (...indexes: number[]) => indexes.map((index) => NOON + index * SLOT);

/** The symbol's status after one pass over its live slots. */
function afterPass(needs: Partial<typeof NO_NEEDS> | null, { refusals = 0, reachable = true } = {}) {
  const board = new StatusBoard(['BTC-USDT'], NOON);
  board.reached(reachable);
  board.passed('BTC-USDT', { needs: needs && { ...NO_NEEDS, ...needs }, refusals });
  return board.read(INITIAL_LAKE_STATUS).symbols[0]!;
}

describe('a symbol is quiet', () => {
  it('when history was asked for its newest slots and has no candle of them', () => {
    const missing = slots(0, 1, 2);
    expect(afterPass({ missing, ask: missing })).toMatchObject({ quiet: true, oldestUnresolvedLive: null });
  });

  it('when the exchange refuses it', () => {
    expect(afterPass(null, { refusals: 1 })).toMatchObject({ quiet: true });
    expect(afterPass({ missing: slots(0) }, { refusals: 2 })).toMatchObject({ oldestUnresolvedLive: null });
  });

  it('not when the stream has a newer candle, which history should have', () => {
    const needs = { missing: slots(0), provisional: slots(1), ask: slots(0, 1) };
    expect(afterPass(needs)).toMatchObject({ quiet: false, oldestUnresolvedLive: NOON });
  });

  it('not while its newest slot is too young to be asked for', () => {
    expect(afterPass({ missing: slots(0) })).toMatchObject({ quiet: false, oldestUnresolvedLive: NOON });
  });

  it('not while history does not answer', () => {
    const missing = slots(0, 1);
    const status = afterPass({ missing, ask: missing }, { reachable: false });
    expect(status).toMatchObject({ quiet: false, oldestUnresolvedLive: NOON });
  });

  it('and its provisional slots still have to settle', () => {
    const needs = { provisional: slots(0), missing: slots(1, 2), ask: slots(0, 1, 2) };
    expect(afterPass(needs)).toMatchObject({ quiet: true, oldestUnresolvedLive: NOON });
  });
});

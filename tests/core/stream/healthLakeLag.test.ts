import { healthOf, INITIAL_LAKE_STATUS, StatusBoard } from '@candlelake/core';
import { expect, test } from 'vitest';

const MINUTE = 60_000;
const NOW = Date.UTC(2026, 10, 22, 12);

test.each([
  [15, undefined, 'unhealthy'],
  [15, 15, 'ok'],
  [15.01, 15, 'unhealthy'],
] as const)('a lake that is %d minutes behind where %s are allowed is %s', (behind, allowed, expected) => {
  const board = new StatusBoard(['BTC-USDT'], NOW - 3_600_000);
  board.event({ kind: 'connected', connection: 1, symbols: ['BTC-USDT'] }, NOW - 3_600_000);
  board.reached(true);
  const status = board.read({ ...INITIAL_LAKE_STATUS, oldestDirtySince: NOW - behind * MINUTE });
  const lag = allowed === undefined ? {} : { lakeLagMs: allowed * MINUTE };
  expect(healthOf(status, { now: NOW, interval: '3m', ...lag }).status).toBe(expected);
});

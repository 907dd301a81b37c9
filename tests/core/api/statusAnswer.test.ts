import {
  INITIAL_LAKE_STATUS,
  NO_BACKFILL,
  StatusBoard,
  type StreamStatus,
  startingStatus,
  statusAnswer,
} from '@candlelake/core';
import { describe, expect, it } from 'vitest';

const NOW = Date.parse('2026-11-22T12:00Z');
const CONTEXT = { now: NOW, problem: null, requestsPerSecond: 1, version: '1.2.3' };

function status(parts: Partial<StreamStatus> = {}): StreamStatus {
  const board = new StatusBoard(['BTC-USDT'], NOW - 60_000);
  board.event({ kind: 'connected', connection: 1, symbols: ['BTC-USDT'] }, NOW - 50_000);
  board.event({ kind: 'heartbeat', connection: 1, receivedAt: NOW - 40 }, NOW - 10);
  board.repaired(3, NOW - 20_000);
  return { ...board.read({ ...INITIAL_LAKE_STATUS, lastAsOf: NOW - 180_000 }), ...parts };
}

const link = (parts: Partial<StreamStatus['link']>) => ({ link: { ...status().link, ...parts } });
const backfill = { ...NO_BACKFILL, running: true, requestsDone: 3, requestsTotal: 6 };

describe('statusAnswer', () => {
  it('holds what is known of the stream', () => {
    expect(statusAnswer(status(), CONTEXT)).toEqual({
      state: 'connected',
      since: NOW - 50_000,
      message: 'live',
      healthy: true,
      lateness_ms: 30,
      last_frame: NOW - 40,
      last_repair: { at: NOW - 20_000, slots: 3 },
      as_of: NOW - 180_000,
      backfill: null,
      now: NOW,
      version: '1.2.3',
    });
  });

  it.each<[string, Partial<StreamStatus>, string | null, string]>([
    [
      'a lost link',
      link({ connected: false, reconnects: 1, since: NOW }),
      'no link',
      'no link since 2026-11-22T12:00Z: retrying',
    ],
    ['a link that was never up', link({ connected: false, lastFrameAt: null }), 'no link', 'connecting'],
    ['a backfill', { backfill }, null, 'backfilling: 3 of 6 requests, about 4 s'],
    ['a failed health check', {}, 'the disk is full', 'the disk is full'],
  ])('says what is going on: %s', (_case, parts, problem, message) => {
    const answer = statusAnswer(status(parts), { ...CONTEXT, problem });
    expect([answer.message, answer.healthy]).toEqual([message, problem === null]);
  });

  it('expects a backfill to take nine tenths of the pace', () => {
    // (6 - 3) requests at 0.9 × 0.5 a second.
    const { backfill: answer } = statusAnswer(status({ backfill }), { ...CONTEXT, requestsPerSecond: 0.5 });
    expect(answer).toEqual({ requests_done: 3, requests_total: 6, eta_s: 7 });
  });

  it('has nothing to say before the stream starts', () => {
    expect(startingStatus(NOW, '1.2.3')).toMatchObject({ state: 'starting', healthy: false, as_of: null });
  });

  it('keeps the last repair when a later answer fills nothing', () => {
    const board = new StatusBoard([], NOW);
    board.repaired(2, NOW);
    board.repaired(0, NOW + 1);
    expect(board.read(INITIAL_LAKE_STATUS).lastRepair).toEqual({ at: NOW, slots: 2 });
  });
});

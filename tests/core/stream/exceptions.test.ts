import { createExceptions, type ExceptionChange, exceptionEvent } from '@candlelake/core';
import { describe, expect, it } from 'vitest';

function noting() {
  const changes: ExceptionChange[] = [];
  return { changes, exceptions: createExceptions((change) => changes.push(change)) };
}

describe('the exceptions of a symbol', () => {
  it('are reported once when they begin, whatever the text of a repetition, and once when they end', () => {
    const { changes, exceptions } = noting();
    exceptions.set('A-USDT', 'refused', 'from 12:00: paused');
    exceptions.set('A-USDT', 'refused', 'from 12:03: paused');
    expect(exceptions.of('A-USDT')).toEqual({ state: 'refused', reason: 'from 12:03: paused' });
    exceptions.set('A-USDT', 'refused', null);
    exceptions.set('A-USDT', 'refused', null);
    expect(changes).toEqual([
      { symbol: 'A-USDT', state: 'refused', reason: 'from 12:00: paused' },
      { symbol: 'A-USDT', state: 'refused', reason: null },
    ]);
    expect(exceptions.of('A-USDT')).toBeNull();
  });

  it('are shown and reported by the gravest one', () => {
    const { changes, exceptions } = noting();
    exceptions.set('A-USDT', 'rejected', 'no topic');
    exceptions.set('A-USDT', 'delisted', 'not listed');
    exceptions.set('A-USDT', 'closed', 'silent');
    expect(exceptions.of('A-USDT')?.state).toBe('delisted');
    exceptions.set('A-USDT', 'rejected', null);
    exceptions.set('A-USDT', 'delisted', null);
    expect(exceptions.of('A-USDT')?.state).toBe('closed');
    const said = changes.map(({ state, reason }) => `${state} ${reason === null ? 'ends' : 'begins'}`);
    expect(said).toEqual(['rejected begins', 'delisted begins', 'delisted ends']);
  });

  it('of one symbol are not those of another', () => {
    const { exceptions } = noting();
    exceptions.set('A-USDT', 'closed', 'silent');
    expect(exceptions.of('B-USDT')).toBeNull();
  });

  it('are events of the kind of their state, with what follows from them', () => {
    const change = { symbol: 'A-USDT', state: 'rejected', reason: 'no topic' } as const;
    expect(exceptionEvent(change, { gapFill: true })).toMatchObject({
      ...{ level: 'error', kind: 'rejected' },
      message: 'A-USDT: no topic; history alone keeps it, subscribing again later',
    });
    expect(exceptionEvent(change, { gapFill: false }).message).toContain('it gets no candles');
    expect(exceptionEvent({ ...change, reason: null }, { gapFill: true })).toMatchObject({
      ...{ level: 'info', kind: 'resumed', message: 'A-USDT: the subscription works again' },
    });
  });
});

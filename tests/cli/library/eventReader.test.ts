import type { CrossoverNotice, LiveBar, StreamEvent } from '@candlelake/core';
import { describe, expect, it } from 'vitest';
import { EventReader } from '../../../packages/cli/src/library/eventReader.ts';

const bar = (openTime: number, close: number, isOpen: boolean): StreamEvent => {
  const data = { symbol: 'A-USDT', timeframe: '21m', open_time: openTime, close, is_open: isOpen };
  return { name: 'bar', data: data as LiveBar };
};
const NOTICE = { id: 'one', sequence: 1 } as CrossoverNotice;
const never = new AbortController().signal;

/** The names and closes of the next events. */
async function take(reader: EventReader, count: number): Promise<readonly unknown[]> {
  const taken: unknown[] = [];
  for (let at = 0; at < count; at++) {
    const { value } = await reader.next();
    taken.push(value?.name === 'bar' ? value.data.close : (value?.name ?? 'end'));
  }
  return taken;
}

describe('a slow reader', () => {
  it('gets the newest state of an open bar before its end, and the end of every bar', async () => {
    const reader = new EventReader();
    for (const close of [1, 2, 3]) reader.push(bar(0, close, true));
    reader.push(bar(0, 4, false));
    reader.push(bar(1, 5, true));
    reader.push(bar(1, 6, true));
    expect(await take(reader, 3)).toEqual([3, 4, 6]);
  });

  it('loses all but a crossover after 50,000 events, and is told so', async () => {
    const reader = new EventReader();
    const sent = reader.pushCrossover(NOTICE, never);
    for (let close = 0; close < 50_000; close++) reader.push(bar(close, close, false));
    expect(await take(reader, 3)).toEqual(['reset', 'crossover', 49_999]);
    await sent;
  });

  it('gets what waits when the stream is finished, and nothing when it is ended', async () => {
    const finished = new EventReader();
    for (const close of [1, 2]) finished.push(bar(close, close, false));
    finished.finish();
    finished.push(bar(3, 3, false));
    expect(await take(finished, 3)).toEqual([1, 2, 'end']);
    const ended = new EventReader();
    for (const close of [1, 2]) ended.push(bar(close, close, false));
    ended.finish();
    expect(await take(ended, 1)).toEqual([1]);
    ended.end();
    expect(await take(ended, 1)).toEqual(['end']);
  });
});

describe('a crossover', () => {
  it('is sent when the reader asks for the event after it', async () => {
    const reader = new EventReader();
    let isSent = false;
    const sent = reader.pushCrossover(NOTICE, never).then(() => {
      isSent = true;
    });
    expect(await take(reader, 1)).toEqual(['crossover']);
    // Whatever is settled already has its turn before a new macrotask.
    await new Promise((resolve) => setImmediate(resolve));
    expect(isSent).toBe(false);
    const next = reader.next();
    await sent;
    reader.end();
    expect(await next).toEqual({ done: true, value: undefined });
  });

  it('is sent when it and the event after it were asked for at the same time', async () => {
    const reader = new EventReader();
    const taken = Promise.all([take(reader, 1), take(reader, 1)]);
    const sent = reader.pushCrossover(NOTICE, never);
    reader.push(bar(0, 1, false));
    expect(await taken).toEqual([['crossover'], [1]]);
    await sent;
  });

  it('is not sent when the reader ends while it has it, nor after', async () => {
    const reader = new EventReader();
    const sent = reader.pushCrossover(NOTICE, never);
    const failed = expect(sent).rejects.toMatchObject({ name: 'RetryableError' });
    expect(await take(reader, 1)).toEqual(['crossover']);
    reader.end();
    await failed;
    await expect(reader.pushCrossover(NOTICE, never)).rejects.toMatchObject({ name: 'RetryableError' });
  });

  it('is not sent when the signal aborts', async () => {
    const stop = new AbortController();
    const sent = new EventReader().pushCrossover(NOTICE, stop.signal);
    const failed = expect(sent).rejects.toThrow('stopped');
    stop.abort(new Error('stopped'));
    await failed;
  });
});

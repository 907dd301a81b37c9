import { afterEach, describe, expect, it } from 'vitest';
import { listProcesses } from '../../../packages/cli/src/adapters/runningProcesses.ts';
import { openLake, type StreamEvent, stream } from '../../../packages/cli/src/library/index.ts';
import { type Simulation, simulate } from '../simulation.ts';

const simulations: Simulation[] = [];

afterEach(async () => {
  for (const { exchange } of simulations.splice(0)) await exchange.close();
});

/** Options of a stream against a stand-in: a candle closes every second, a bar every two. */
async function optionsOf() {
  const simulation = await simulate({ from: Date.UTC(2026, 10, 22, 12, 0, 30) });
  simulations.push(simulation);
  const { exchange, output, variables } = simulation;
  const { restUrl, wsUrl } = exchange;
  return {
    ...{ output, restUrl, wsUrl, clock: variables.CANDLELAKE_CLOCK! },
    ...{ symbols: ['BTC-USDT'], interval: '1m', timeframes: ['2m'], historyDays: 0, maShort: 1, maLong: 2 },
  };
}

describe('a stream', () => {
  it('yields candles, open and closed bars and crossovers, and gives the folder back at its end', async () => {
    const options = await optionsOf();
    const events: StreamEvent[] = [];
    const has = (is: (event: StreamEvent) => boolean) => events.some(is);
    const isCrossover = ({ name }: StreamEvent) => name === 'crossover';
    for await (const event of stream(options)) {
      events.push(event);
      if (!has(({ name }) => name === 'candle') || !has(({ name }) => name === 'status')) continue;
      if (!has(({ name, data }) => name === 'bar' && data.is_open)) continue;
      if (!has(({ name, data }) => name === 'bar' && !data.is_open)) continue;
      if (isCrossover(event)) break;
    }
    expect(listProcesses(options.output)).toEqual([]);
    const lake = openLake(options.output);
    const closed = events.flatMap(({ name, data }) => (name === 'bar' && !data.is_open ? [data] : []));
    const stored = await lake.bars({ symbol: 'BTC-USDT' });
    lake.close();
    const opens = stored.map(({ open_time }) => open_time);
    expect(opens).toEqual(expect.arrayContaining(closed.map(({ open_time }) => open_time)));
    // The loop was left while it had the crossover: it comes again.
    const [last] = events.slice(-1);
    for await (const event of stream(options)) {
      if (!isCrossover(event)) continue;
      expect(event).toEqual(last);
      break;
    }
  });

  it('ends when its signal aborts, and when it is returned while an event is awaited', async () => {
    const options = await optionsOf();
    const stopping = new AbortController();
    for await (const { name } of stream({ ...options, signal: stopping.signal }))
      if (name === 'status') stopping.abort();
    expect(listProcesses(options.output)).toEqual([]);

    const events = stream(options);
    await events.next();
    const waiting: Promise<IteratorResult<StreamEvent, undefined>>[] = [];
    // More than have arrived.
    for (let count = 0; count < 1_000; count++) waiting.push(events.next());
    expect(await events.return!()).toEqual({ done: true, value: undefined });
    expect((await Promise.all(waiting)).at(-1)).toEqual({ done: true, value: undefined });
    expect(await events.next()).toEqual({ done: true, value: undefined });
    expect(listProcesses(options.output)).toEqual([]);
  });

  it('gives a slow reader the candles up to its end by until', async () => {
    const options = await optionsOf();
    const opens: string[] = [];
    for await (const { name, data } of stream({ ...options, until: '2026-11-22T12:05Z' })) {
      if (name !== 'candle') continue;
      opens.push(new Date(data.open_time).toISOString().slice(11, 16));
      // The stream ends while the reader has its first candle.
      if (opens.length === 1)
        await expect.poll(() => listProcesses(options.output), { timeout: 60_000 }).toEqual([]);
    }
    expect(opens).toContain('12:04');
  });

  it('that was never read starts nothing, nor with a signal that has aborted', async () => {
    const options = await optionsOf();
    expect(await stream(options).return!()).toEqual({ done: true, value: undefined });
    const ended = stream({ ...options, signal: AbortSignal.abort() });
    expect(await ended.next()).toEqual({ done: true, value: undefined });
    expect(listProcesses(options.output)).toEqual([]);
  });

  it('refuses wrong options at once, and what the exchange does not have by an error of its iterator', async () => {
    expect(() => stream({ maShort: 9 })).toThrow('"ma-short" in the options of stream "9"');
    expect(() => stream({ symbool: 'BTC-USDT' } as never)).toThrow('symbool');
    const options = await optionsOf();
    const unknown = stream({ ...options, symbols: ['BTD-USDT'] });
    await expect(
      (async () => {
        for await (const _ of unknown);
      })(),
    ).rejects.toMatchObject({ name: 'ConfigError', message: expect.stringContaining('BTC-USDT') });
    expect(listProcesses(options.output)).toEqual([]);
  });

  it('may keep one folder twice in a process', async () => {
    const options = await optionsOf();
    const streams = [stream(options), stream(options)];
    // Both start in the same millisecond, or nearly so.
    await Promise.all(streams.map((one) => one.next()));
    expect(listProcesses(options.output)!.length).toBe(2);
    await Promise.all(streams.map((one) => one.return!()));
    expect(listProcesses(options.output)).toEqual([]);
  });

  it('refuses another interval than that of the folder, and lets go of it', async () => {
    const options = await optionsOf();
    // A folder without candles takes any interval.
    for await (const { name } of stream(options)) if (name === 'candle') break;
    const other = stream({ ...options, interval: '5m', timeframes: ['5m'] });
    await expect(other.next()).rejects.toMatchObject({ name: 'ConfigError' });
    expect(listProcesses(options.output)).toEqual([]);
  });
});

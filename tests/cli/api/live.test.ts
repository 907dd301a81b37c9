import type { BarsAnswer, EpochMs } from '@candlelake/core';
import { afterEach, describe, expect, it } from 'vitest';
import { type LiveReader, openLive, type ReceivedEvent } from '../../support/liveEvents.ts';
import { type RunningProgram, startProgram } from '../program.ts';
import { type Simulation, simulate, urlOf } from '../simulation.ts';

/** Sunday 2026-11-22, shortly before the bar of 06:18 opens. */
const FROM = Date.UTC(2026, 10, 22, 6, 16);
/** A bar of 21 minutes takes ten seconds. */
const SPEED = 120;

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function simulation(speed = SPEED): Promise<Simulation> {
  const simulated = await simulate({ from: FROM, speed });
  closers.push(() => simulated.exchange.close());
  return simulated;
}

interface Started {
  readonly program: RunningProgram;
  readonly url: string;
}

async function start({ flags, variables }: Simulation, words: readonly string[] = []): Promise<Started> {
  const program = startProgram(['stream', ...flags, '--history-days', '0', ...words], variables);
  closers.push(async () => {
    program.process.kill();
    await program.ended;
  });
  const url = await urlOf(program);
  await program.line(/connected: 1 symbol/);
  // Before its first candle the store does not know the symbol, and /api/live refuses it.
  const symbols = async () => (await fetch(`${url}/api/symbols`)).text();
  await expect.poll(symbols, { timeout: 150_000 }).toContain('BTC-USDT');
  return { program, url };
}

async function follow(url: string, lastEventId?: string): Promise<LiveReader> {
  const live = await openLive({
    url,
    query: 'symbol=BTC-USDT',
    ...(lastEventId !== undefined && { lastEventId }),
  });
  closers.push(() => live.close());
  return live;
}

type BarEvent = Extract<ReceivedEvent, { name: 'bar' }>;

async function nextBar(live: LiveReader, isWanted: (bar: BarEvent['data']) => boolean): Promise<BarEvent> {
  return (await live.next(({ name, data }) => name === 'bar' && isWanted(data))) as BarEvent;
}

async function barsOf(url: string, query: string): Promise<BarsAnswer['bars']> {
  const answer = await fetch(`${url}/api/bars?symbol=BTC-USDT&${query}`);
  // Until the store knows the symbol the answer is a problem.
  return ((await answer.json()) as Partial<BarsAnswer>).bars ?? [];
}

/** Resolves with the bar once it is complete: all of its candles are final. */
async function completeBar(url: string, openTime: EpochMs): Promise<BarsAnswer['bars'][number]> {
  for (;;) {
    const [bar] = await barsOf(url, `from=${openTime}&to=${openTime + 1}`);
    if (bar?.status === 'complete' && !bar.is_open) return bar;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('/api/live of the running program', () => {
  it('moves the open bar, closes it, and revises it until it is what the lake has', async () => {
    const { url } = await start(await simulation());
    const live = await follow(url);
    let first = (await nextBar(live, ({ is_open }) => is_open)).data;
    for (;;) {
      const { data } = await nextBar(live, ({ is_open }) => is_open);
      if (data.open_time === first.open_time && data.volume > first.volume) break;
      first = data;
    }
    // Each later state of the closed bar arrives as an event; the last of them is the complete bar.
    let told: Partial<BarEvent['data']> = {};
    while (told.status !== 'complete') {
      const { data } = (await live.next(
        ({ name, data: row }) =>
          (name === 'bar' || name === 'revised') && !row.is_open && row.open_time === first.open_time,
      )) as BarEvent;
      told = data;
    }
    const {
      symbol: _symbol,
      timeframe: _timeframe,
      reason: _reason,
      ...row
    } = told as Record<string, unknown>;
    expect(row).toEqual(await completeBar(url, first.open_time));
  });

  it('gives a client that was away the bars that closed meanwhile', async () => {
    const { url } = await start(await simulation(2 * SPEED));
    const live = await follow(url);
    const closed = await nextBar(live, ({ is_open }) => !is_open);
    const missed = await nextBar(live, (bar) => !bar.is_open && bar.open_time > closed.data.open_time);
    const back = await follow(url, closed.id!);
    const again = await nextBar(back, (bar) => !bar.is_open && bar.open_time > closed.data.open_time);
    expect([again.id, again.data.open_time]).toEqual([missed.id, missed.data.open_time]);
  });

  it('resets a client after a restart of the program', async () => {
    const simulated = await simulation();
    const first = await start(simulated);
    const live = await follow(first.url);
    const { id } = await live.next(({ name }) => name === 'status');
    first.program.process.kill('SIGKILL');
    await expect(live.next(() => false)).rejects.toThrow();
    const { port } = new URL(first.url);
    const second = await start(simulated, ['--port', port]);
    expect(second.url).toBe(first.url);
    const back = await follow(second.url, id!);
    expect(await back.next()).toMatchObject({ name: 'reset' });
    expect((await nextBar(back, ({ is_open }) => is_open)).data.is_open).toBe(true);
  });

  it('shows a gap and its repair', async () => {
    const simulated = await simulation();
    const { url } = await start(simulated);
    const live = await follow(url);
    // Not the bar that is about to close: its last candle may be there before the faults are.
    const { data } = await nextBar(live, ({ is_open, open_time }) => is_open && open_time > FROM);
    // From here on nothing arrives, by stream or history, until after the close of the bar and its grace.
    simulated.exchange.setFaults({ muted: 'all', rest: 'http500' });
    const isMissing = ({ name, data: told }: ReceivedEvent) =>
      name === 'coverage' && told.runs.some(({ state }) => state === 'missing');
    await live.next(isMissing);
    await nextBar(live, (bar) => !bar.is_open && bar.open_time === data.open_time && bar.status === 'short');
    simulated.exchange.setFaults({ muted: [], rest: 'ok' });
    const repaired = await live.next(
      ({ name, data: row }) => name === 'revised' && row.open_time === data.open_time,
    );
    expect(repaired).toMatchObject({ name: 'revised', data: { reason: 'filled' } });
    await live.next((event) => event.name === 'coverage' && !isMissing(event));
    const status = (await (await fetch(`${url}/api/status`)).json()) as { last_repair: { slots: number } };
    expect(status.last_repair.slots).toBeGreaterThan(0);
  });
});

describe('/api/status of the running program', () => {
  it('says what is going on while the exchange is away', async () => {
    const simulated = await simulation();
    const { url } = await start(simulated);
    await simulated.exchange.close();
    let status: Record<string, string> = {};
    const state = async () => {
      status = (await (await fetch(`${url}/api/status`)).json()) as Record<string, string>;
      return status.state;
    };
    await expect.poll(state, { timeout: 150_000 }).not.toBe('connected');
    expect(status.message).toMatch(/^no link since 2026-11-22T06:\d\d:\d\d(\.\d{3})?Z: retrying$/);
  });

  it('is the same in every time zone of the machine, and so are bars', async () => {
    const answers = ['UTC', 'Asia/Kathmandu', 'America/St_Johns'].map(async (TZ) => {
      const simulated = await simulation();
      const variables = { ...simulated.variables, TZ };
      const { url } = await start({ ...simulated, variables }, ['--history-days', '1']);
      const query = 'from=2026-11-21T23:00Z&to=2026-11-22T02:00Z';
      // 23:06, 23:27 and the 12 minutes from 23:48 of the first day; six bars from midnight on.
      const completeBars = async () =>
        (await barsOf(url, query)).filter(({ status }) => status === 'complete').length;
      await expect.poll(completeBars, { timeout: 150_000 }).toBe(9);
      const bars = await barsOf(url, query);
      return bars.map(({ open_time, close, bar_index }) => [open_time, close, bar_index]);
    });
    const [first, ...others] = await Promise.all(answers);
    expect(first).toHaveLength(9);
    expect(others).toEqual([first, first]);
  });
});

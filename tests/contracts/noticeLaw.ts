import {
  type Candle,
  type CrossoverNotice,
  createMemoryObjects,
  type EncodeTable,
  type EpochMs,
  type ObjectStore,
  type Outbox,
  sendNotices,
} from '@candlelake/core';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Crash, interrupted } from '../support/interrupted.ts';
import { COARSE, deriveOnce, listPaths, COARSE_SLOT as SLOT, series } from '../support/lake.ts';
import {
  FRIDAY,
  HOUR,
  MINUTE,
  type OpenStore,
  type Store,
  type StoreFixture,
  withStore,
} from './storeFixture.ts';

const SERIES = series('AAA-USDT');
/** The slots of the backfill before the start; the watermark stands at its end. */
const HISTORY_SLOTS = 9;
const START = FRIDAY + HISTORY_SLOTS * SLOT;

/** What happens to a running program, in any order. */
type Step =
  | { readonly kind: 'live'; readonly slots: number; readonly price: number }
  | { readonly kind: 'gap'; readonly slots: number }
  | { readonly kind: 'fill'; readonly price: number }
  | { readonly kind: 'revise'; readonly slot: number; readonly price: number }
  | { readonly kind: 'derive'; readonly crashAt: number | null }
  | { readonly kind: 'send'; readonly failAt: number | null; readonly isTaken: boolean }
  | { readonly kind: 'restart' };

const prices = fc.integer({ min: 90, max: 110 });
const maybe = fc.option(fc.nat(12), { freq: 2 });
const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('live'), slots: fc.integer({ min: 1, max: 6 }), price: prices }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('gap'), slots: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('fill'), price: prices }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('revise'), slot: fc.nat(40), price: prices }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('derive'), crashAt: maybe }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('send'), failAt: maybe, isTaken: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart') }) },
) as fc.Arbitrary<Step>;

/**
 * The law of notices: whatever is revised, interrupted and lost, the notices of one id alternate between
 * crossed and retracted, arrive in order, and end with what the lake shows.
 */
export function noticeLaw(name: string, open: OpenStore, runs: number): void {
  describe(`the law of notices in ${name}`, () => {
    test('those of one id alternate, and the last says what the lake shows', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(steps, { minLength: 10, maxLength: 40 }), (done) =>
          withStore(open, (fixture) => checkLaw(fixture, done)),
        ),
        { numRuns: runs },
      );
    });

    test('finds crossovers, retractions and repeats in a long run', () =>
      withStore(open, async (fixture) => {
        const world = await createWorld(fixture);
        for (let round = 0; round < 8; round++) {
          await world.apply({ kind: 'live', slots: 6, price: 90 + ((round * 7) % 20) });
          await world.apply({ kind: 'derive', crashAt: null });
          await world.apply({ kind: 'send', failAt: 0, isTaken: true });
          for (const slot of range(HISTORY_SLOTS + round * 6, HISTORY_SLOTS + round * 6 + 6))
            await world.apply({ kind: 'revise', slot, price: 200 - ((round * 7) % 20) });
        }
        await world.finish();
        const states = world.received.map(({ state }) => state);
        expect(states).toContain('crossed');
        expect(states).toContain('retracted');
        expect(world.received.length).toBeGreaterThan(new Set(world.received.map(nameOf)).size);
      }));
  });
}

async function checkLaw(fixture: StoreFixture, done: readonly Step[]): Promise<void> {
  const world = await createWorld(fixture);
  for (const step of done) await world.apply(step);
  await world.finish();
  const last = new Map<string, CrossoverNotice>();
  for (const notice of world.received) {
    const before = last.get(notice.id);
    if (before && nameOf(before) === nameOf(notice)) continue;
    expect(notice.sequence).toBe((before?.sequence ?? 0) + 1);
    expect(notice.state).toBe(notice.sequence % 2 === 1 ? 'crossed' : 'retracted');
    last.set(notice.id, notice);
  }
  const crossed = [...last.values()].filter(({ state }) => state === 'crossed');
  expect(crossed.map(({ id }) => id).sort()).toEqual(await world.liveCrossovers());
}

const nameOf = ({ id, sequence }: CrossoverNotice) => `${id} ${sequence}`;

/** A store with a derived backfill, a lake, and a sink that keeps what it receives. */
async function createWorld({ store: opened, reopen }: StoreFixture) {
  let store: Store = opened;
  let next = HISTORY_SLOTS;
  let now = START;
  /** When the first final of each slot was read. */
  const firstRead = new Map<EpochMs, EpochMs>();
  const received: CrossoverNotice[] = [];
  const objects = createMemoryObjects();

  const put = async (slots: readonly number[], price: number, observed: (openTime: EpochMs) => EpochMs) => {
    const candles = slots.map((slot) => {
      const openTime = FRIDAY + slot * SLOT;
      return candleAt(openTime, price + ((slot * 5) % 9), observed(openTime));
    });
    for (const { openTime, observed: read } of candles)
      firstRead.set(openTime, Math.min(firstRead.get(openTime) ?? read, read));
    await store.merge([{ series: SERIES, candles, skipEqualFinals: true }]);
  };
  const goOn = async (slots: number) => {
    next += slots;
    now = Math.max(now, FRIDAY + next * SLOT + MINUTE);
    await store.advanceAsOf(FRIDAY + next * SLOT);
  };
  const missing = () => range(0, next).filter((slot) => !firstRead.has(FRIDAY + slot * SLOT));
  const derive = (crashAt: number | null) => deriveWith(store, objects, crashAt);

  const world = {
    received,
    async apply(step: Step): Promise<void> {
      now += MINUTE;
      if (step.kind === 'live') {
        await put(range(next, next + step.slots), step.price, (openTime) => openTime + SLOT + 8_000);
        await goOn(step.slots);
      } else if (step.kind === 'gap') await goOn(step.slots);
      else if (step.kind === 'fill') await put(missing(), step.price, () => now);
      else if (step.kind === 'revise') await put([step.slot % next], step.price, () => now);
      else if (step.kind === 'derive') await derive(step.crashAt);
      else if (step.kind === 'restart') store = await reopen();
      else await sendSome(await store.openOutbox('sink'), received, step);
    },
    async finish(): Promise<void> {
      await world.apply({ kind: 'fill', price: 100 });
      while (!(await derive(null)));
      await sendNotices(await store.openOutbox('sink'), async (notice) => void received.push(notice));
    },
    /** The crossovers in the lake at bars of which every slot was read within an hour of their close. */
    async liveCrossovers(): Promise<readonly string[]> {
      const ids: string[] = [];
      for (const path of await listPaths(objects)) {
        if (!path.startsWith('bars')) continue;
        const timeframe = /timeframe=(\w+)/.exec(path)![1];
        const rows = JSON.parse(new TextDecoder().decode((await objects.read(path))!)) as BarRow[];
        for (const { ma_cross: kind, open_time: from, close_time: to } of rows) {
          if (kind === null || to <= START) continue;
          const reads = range(0, (to - from) / SLOT).map((slot) => firstRead.get(from + slot * SLOT)!);
          if (Math.max(...reads) > to + HOUR) continue;
          ids.push(`swap#AAA-USDT#${timeframe}#${new Date(from).toISOString().slice(0, 16)}Z#${kind}`);
        }
      }
      return ids.sort();
    },
  };
  await store.writeSettings(COARSE);
  await put(range(0, HISTORY_SLOTS), 100, () => START);
  await store.advanceAsOf(START);
  await store.openOutbox('sink');
  await derive(null);
  return world;
}

/** One pass; returns whether no day is left. A pass that is to crash ends at that call of a port. */
async function deriveWith(store: Store, objects: ObjectStore, crashAt: number | null): Promise<boolean> {
  const ports = { candles: store, derivation: store, objects, encode, yieldToHost: async () => {} };
  const action = () => {
    throw new Crash();
  };
  const run = interrupted(ports, { at: crashAt ?? -1, after: (crashAt ?? 0) % 2 === 0, action });
  try {
    return (await deriveOnce(run.ports, new AbortController().signal)).dirtyDays === 0;
  } catch (error) {
    if (error instanceof Crash) return false;
    throw error;
  }
}

/** Sends until the sink fails, with or without having taken the notice. */
async function sendSome(
  outbox: Outbox,
  received: CrossoverNotice[],
  { failAt, isTaken }: { readonly failAt: number | null; readonly isTaken: boolean },
): Promise<void> {
  let tries = 0;
  const send = async (notice: CrossoverNotice) => {
    const isFailure = tries++ === failAt;
    if (!isFailure || isTaken) received.push(notice);
    if (isFailure) throw new Crash();
  };
  await sendNotices(outbox, send).catch((error: unknown) => {
    if (!(error instanceof Crash)) throw error;
  });
}

function candleAt(openTime: EpochMs, price: number, observed: EpochMs): Candle {
  const text = String(price);
  const values = { open: text, high: text, low: text, close: text, volume: '1' };
  return { openTime, ...values, status: 'final', source: 'history', observed };
}

interface BarRow {
  readonly ma_cross: string | null;
  readonly open_time: EpochMs;
  readonly close_time: EpochMs;
}

/** Rows as JSON. */
const encode: EncodeTable = ({ length, columns }) => {
  const rows = range(0, length).map((row) =>
    Object.fromEntries(
      Object.entries(columns).map(([name, column]) => [
        name,
        'texts' in column ? column.texts[column.codes[row]!] : column[row],
      ]),
    ),
  );
  return new TextEncoder().encode(JSON.stringify(rows));
};

function range(from: number, to: number): readonly number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index);
}

import { createLakeKeeper, type LakeKeeperPorts, type ReportedEvent } from '@candlelake/core';
import {
  COARSE,
  coarseCandles,
  createTestLake,
  DAY,
  DAY_ONE,
  series,
  type TestLake,
} from '../../support/lake.ts';
import { createManualClock, type ManualClock } from '../../support/manualClock.ts';

export const SYMBOL = series('AAA-USDT');
export const SECOND = 1_000;

/** A keeper on a manual clock over a memory lake of two days, with a disk that can be made to fail. */
export interface KeeperRig {
  readonly lake: TestLake;
  readonly clock: ManualClock;
  readonly ports: LakeKeeperPorts;
  readonly events: readonly ReportedEvent[];
  /** Every object that was written, with the time. */
  readonly puts: readonly { readonly path: string; readonly at: number }[];
  readonly disk: { failing: Error | null };
  readonly stop: AbortController;
  /** Runs a keeper; resolves to it when it has come to rest. */
  start(parts?: Partial<LakeKeeperPorts>): Promise<ReturnType<typeof createLakeKeeper>>;
  /** Makes a change that the lake shows, in a slot counted from the first day, and asks the keeper to derive it. */
  change(slot?: number): Promise<void>;
  /** Stops the keeper and gives back what it ended with. */
  end(reason?: Error): Promise<unknown>;
}

export async function createKeeperRig(): Promise<KeeperRig> {
  const lake = await createTestLake(COARSE, DAY_ONE + 2 * DAY);
  const clock = createManualClock(DAY_ONE + 2 * DAY);
  const events: ReportedEvent[] = [];
  const puts: { path: string; at: number }[] = [];
  const disk: KeeperRig['disk'] = { failing: null };
  const stop = new AbortController();
  const put: typeof lake.objects.put = async (path, bytes, expected) => {
    if (disk.failing) throw disk.failing;
    const result = await lake.objects.put(path, bytes, expected);
    if (result === 'written') puts.push({ path, at: clock.now() });
    return result;
  };
  const report = (event: ReportedEvent) => events.push(event);
  const ports = { ...lake.ports, objects: { ...lake.objects, put }, clock, report };
  let keeper = createLakeKeeper(ports);
  let running: Promise<unknown> = Promise.resolve();
  let changes = 0;
  return {
    ...{ lake, clock, ports, events, puts, disk, stop },
    async start(parts = {}) {
      keeper = createLakeKeeper({ ...ports, ...parts });
      running = keeper.run(stop.signal).catch((error) => error);
      await clock.settle();
      return keeper;
    },
    async change(slot = 0) {
      changes += 1;
      const [candle] = coarseCandles(slot, slot + 1, changes);
      const changed = { ...candle!, observed: DAY_ONE + 9 * DAY + changes };
      await lake.store.merge([{ series: SYMBOL, candles: [changed] }]);
      keeper.request();
      await clock.settle();
    },
    async end(reason) {
      stop.abort(reason);
      return running;
    },
  };
}

import {
  createLakeWriter,
  DerivationLoop,
  type DerivationLoopPorts,
  type DerivePorts,
  type ReportedEvent,
} from '@candlelake/core';
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

/** Other ports for a loop, and for its writer unless that is given too. */
type LoopParts = Partial<DerivationLoopPorts & DerivePorts>;

/**
 * A derivation loop on a manual clock over a memory lake of two days, with a disk that can be made to fail.
 */
export interface LoopRig {
  readonly lake: TestLake;
  readonly clock: ManualClock;
  readonly events: readonly ReportedEvent[];
  /** Every object that was written, with the time. */
  readonly puts: readonly { readonly path: string; readonly at: number }[];
  readonly disk: { failing: Error | null };
  readonly stop: AbortController;
  /** A loop that does not run. */
  create(parts?: LoopParts): DerivationLoop;
  /** Runs a loop; resolves to it when it waits. */
  start(parts?: LoopParts): Promise<DerivationLoop>;
  /**
   * Makes a change that the lake shows, in a slot counted from the first day, and requests its derivation.
   */
  change(slot?: number): Promise<void>;
  /** Stops the loop and returns what it ended with. */
  end(reason?: Error): Promise<unknown>;
}

export async function createLoopRig(): Promise<LoopRig> {
  const lake = await createTestLake(COARSE, DAY_ONE + 2 * DAY);
  const clock = createManualClock(DAY_ONE + 2 * DAY);
  const events: ReportedEvent[] = [];
  const puts: { path: string; at: number }[] = [];
  const disk: LoopRig['disk'] = { failing: null };
  const stop = new AbortController();
  const put: typeof lake.objects.put = async (path, bytes, expected) => {
    if (disk.failing) throw disk.failing;
    const result = await lake.objects.put(path, bytes, expected);
    if (result.isWritten) puts.push({ path, at: clock.now() });
    return result;
  };
  const report = (event: ReportedEvent) => events.push(event);
  const ports = { ...lake.ports, objects: { ...lake.objects, put }, clock, report };
  const create = (parts: LoopParts = {}) =>
    new DerivationLoop({ ...ports, writer: createLakeWriter({ ...ports, ...parts }), ...parts });
  let loop = create();
  let running: Promise<unknown> = Promise.resolve();
  let changes = 0;
  return {
    ...{ lake, clock, events, puts, disk, stop, create },
    async start(parts) {
      loop = create(parts);
      running = loop.run(stop.signal).catch((error) => error);
      await clock.settle();
      return loop;
    },
    async change(slot = 0) {
      changes += 1;
      const [candle] = coarseCandles(slot, slot + 1, changes);
      const changed = { ...candle!, observed: DAY_ONE + 9 * DAY + changes };
      await lake.store.merge([{ series: SYMBOL, candles: [changed] }]);
      loop.request();
      await clock.settle();
    },
    async end(reason) {
      stop.abort(reason);
      return running;
    },
  };
}

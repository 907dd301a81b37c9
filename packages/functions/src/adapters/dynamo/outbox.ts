import { type Crossover, DAY_MS, type EpochMs, SECOND_MS, startOfDay } from '@candlelake/core';
import { PARTITIONS, TABLE_EXPIRY } from '../../names.ts';
import { forEachBounded } from '../bounded.ts';
import type { DynamoTable } from './table.ts';

/** Crossovers on their way out. Each is taken in once, whoever finds it how often, and leaves when it was sent. */
export interface Outbox {
  /** Takes in those that never were in it. */
  add(found: readonly Crossover[]): Promise<void>;
  /** Sends what is in it, oldest first, and forgets what was sent. One that was sent before a crash is sent again. Returns how many it sent. */
  drain(send: (crossover: Crossover) => Promise<void>): Promise<number>;
}

/** Nobody finds a crossover anew after this long: only young bars are looked at. */
const REMEMBER_MS = 7 * DAY_MS;
const CONCURRENCY = 8;

/** `now` is the process clock. */
export function createDynamoOutbox(table: DynamoTable, now: () => EpochMs): Outbox {
  const partitionOf = ({ closeTime }: Crossover) =>
    PARTITIONS.notices + new Date(startOfDay(closeTime - 1)).toISOString().slice(0, 10);

  async function takeIn(crossover: Crossover): Promise<void> {
    const { id } = crossover;
    const expires = Math.ceil((now() + REMEMBER_MS) / SECOND_MS);
    await table.putTogether([
      {
        key: { partition: partitionOf(crossover), sort: id },
        item: { [TABLE_EXPIRY]: expires },
        condition: { text: `attribute_not_exists(#${TABLE_EXPIRY})` },
      },
      { key: { partition: PARTITIONS.outbox, sort: id }, item: { crossover: JSON.stringify(crossover) } },
    ]);
  }

  return {
    async add(found) {
      for (const [partition, ofDay] of Map.groupBy(found, partitionOf)) {
        const known = new Set((await table.query(partition)).map(({ sk }) => sk));
        const fresh = ofDay.filter(({ id }) => !known.has(id));
        await forEachBounded(fresh, CONCURRENCY, takeIn);
      }
    },
    async drain(send) {
      const items = await table.query(PARTITIONS.outbox);
      const waiting = items.map(({ crossover }) => JSON.parse(crossover as string) as Crossover);
      for (const crossover of waiting.sort((a, b) => a.closeTime - b.closeTime)) {
        await send(crossover);
        await table.remove({ partition: PARTITIONS.outbox, sort: crossover.id });
      }
      return waiting.length;
    },
  };
}

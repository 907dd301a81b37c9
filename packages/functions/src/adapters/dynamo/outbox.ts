import { type Crossover, DAY_MS, type EpochMs, SECOND_MS, startOfDay } from '@candlelake/core';
import { PARTITIONS, TABLE_EXPIRY } from '../../names.ts';
import { mapBounded } from '../bounded.ts';
import type { DynamoTable } from './table.ts';

/** Crossovers that wait to be sent. Each is added once, however often it is found. */
export interface Outbox {
  /** Adds the crossovers that were never added before. */
  add(found: readonly Crossover[]): Promise<void>;
  /**
   * Sends the waiting crossovers, oldest first, and removes each after it was sent; a crash in between sends
   * it again. Returns how many were sent.
   */
  drain(send: (crossover: Crossover) => Promise<void>): Promise<number>;
}

/**
 * How long the id of a crossover is kept. Crossovers are looked for in recent bars only, so none is found
 * again after this.
 */
const KEEP_ID_MS = 7 * DAY_MS;
const CONCURRENCY = 8;

/**
 * The outbox in the table: one partition of waiting crossovers, one of known ids for each day. `now` is the
 * process clock.
 */
export function createDynamoOutbox(table: DynamoTable, now: () => EpochMs): Outbox {
  const partitionOf = ({ closeTime }: Crossover) =>
    PARTITIONS.notices + new Date(startOfDay(closeTime - 1)).toISOString().slice(0, 10);

  async function addNew(crossover: Crossover): Promise<void> {
    const { id } = crossover;
    const expires = Math.ceil((now() + KEEP_ID_MS) / SECOND_MS);
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
        await mapBounded(fresh, CONCURRENCY, addNew);
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

import type { CandleStore, DerivationStore, EpochMs, PaceStore } from '@candlelake/core';
import { createDynamoCandles } from './dynamoCandles.ts';
import { createDynamoDerivation } from './dynamoDerivation.ts';
import { createDynamoDerived } from './dynamoDerived.ts';
import { createDynamoLake } from './dynamoLake.ts';
import { createDynamoMarks } from './dynamoMarks.ts';
import { createDynamoPace, type PaceName } from './dynamoPace.ts';
import { createDynamoSeries } from './dynamoSeries.ts';
import { createDynamoSlots } from './dynamoSlots.ts';
import type { DynamoTable } from './dynamoTable.ts';

export interface DynamoStoreOptions {
  /** The process clock. */
  readonly now: () => EpochMs;
  readonly pace: PaceName;
  /** Real time, for the life of a writer. */
  readonly realNow?: () => EpochMs;
}

/** The store of candles, derivation and pace in one DynamoDB table, for any number of processes at once. */
export function createDynamoStore(
  table: DynamoTable,
  { now, pace, realNow = Date.now }: DynamoStoreOptions,
): CandleStore & DerivationStore & PaceStore {
  const lake = createDynamoLake(table);
  const parts = {
    lake,
    marks: createDynamoMarks(table, realNow),
    series: createDynamoSeries(table),
    slots: createDynamoSlots(table, now),
    derived: createDynamoDerived(table, lake.epoch),
  };
  return {
    ...createDynamoCandles(parts),
    ...createDynamoDerivation(parts),
    ...createDynamoPace(table, { name: pace, now }),
  };
}

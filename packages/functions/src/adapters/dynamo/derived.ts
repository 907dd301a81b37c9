import {
  type CheckpointRecord,
  type CommitPlan,
  type Coverage,
  type CoverageRecord,
  canonicalJson,
  DAY_MS,
  type DayCommit,
  type DayObjects,
  type DirtyDay,
  type EpochMs,
  formatDate,
  type IndicatorState,
  type Series,
  seriesKey,
} from '@candlelake/core';
import { mapBounded } from '../bounded.ts';
import { checkpointPartition, coveragePartition, objectsItem } from './keys.ts';
import type { DynamoTable, Expression, Item, ItemKey } from './table.ts';

/**
 * The checkpoints, the coverage and the objects of derived days. Each item carries the generation of the mark
 * that its derivation started from, and is replaced only by an item of the same or a greater generation: a
 * slow derivation cannot overwrite newer results.
 */
export interface DynamoDerived {
  checkpoint(series: Series, timeframeMinutes: number, day: EpochMs): Promise<IndicatorState | null>;
  /**
   * Reads the stored states of a commit's checkpoints, as canonical JSON; the lookup returns null for one
   * that is not stored.
   */
  storedStates(commit: DayCommit): Promise<(checkpoint: CheckpointRecord) => string | null>;
  writeCheckpoints(commit: DirtyDay, checkpoints: CommitPlan['checkpoints']): Promise<void>;
  writeCoverage(commit: DayCommit): Promise<void>;
  /** The coverage of the days in [from, to), ascending, those with a mark included. */
  coverage(series: Series, from: EpochMs, to: EpochMs): Promise<readonly CoverageRecord[]>;
  writeObjects(commit: DayCommit): Promise<void>;
  /** The objects of the days in [from, to), ascending, those with a mark included. */
  objects(from: EpochMs, to: EpochMs): Promise<readonly DayObjects[]>;
}

const CONCURRENCY = 32;

/** The derived items of the settings that `epochOf` names by their number. */
export function createDynamoDerived(table: DynamoTable, epochOf: () => Promise<number>): DynamoDerived {
  async function keyOf(series: Series, timeframeMinutes: number, day: EpochMs): Promise<ItemKey> {
    const partition = checkpointPartition(await epochOf(), timeframeMinutes, day);
    return { partition, sort: seriesKey(series) };
  }

  async function readStates(timeframeMinutes: number, day: EpochMs): Promise<ReadonlyMap<string, string>> {
    const items = await table.query(checkpointPartition(await epochOf(), timeframeMinutes, day));
    return new Map(items.map(({ sk, state }) => [sk as string, state as string]));
  }

  return {
    async checkpoint(series, timeframeMinutes, day) {
      const item = await table.get(await keyOf(series, timeframeMinutes, day));
      return item && (JSON.parse(item.state as string) as IndicatorState);
    },
    async storedStates({ day, checkpoints }) {
      const stored = new Map<number, ReadonlyMap<string, string>>();
      for (const minutes of new Set(checkpoints.map(({ timeframeMinutes }) => timeframeMinutes))) {
        stored.set(minutes, await readStates(minutes, day));
      }
      return ({ series, timeframeMinutes }) => stored.get(timeframeMinutes)?.get(seriesKey(series)) ?? null;
    },
    async writeCheckpoints({ day, generation }, checkpoints) {
      await mapBounded(checkpoints, CONCURRENCY, async ({ series, timeframeMinutes, stateText }) =>
        table.put({
          key: await keyOf(series, timeframeMinutes, day),
          item: { state: stateText, generation },
          condition: notNewer(generation),
        }),
      );
    },
    async writeCoverage({ generation, coverage }) {
      const epoch = await epochOf();
      await mapBounded(coverage, CONCURRENCY, ({ series, day, coverage: counts, nextLook }) =>
        table.put({
          key: { partition: coveragePartition(epoch, series), sort: formatDate(day) },
          item: { coverage: canonicalJson({ ...counts, nextLook }), generation },
          condition: notNewer(generation),
        }),
      );
    },
    async coverage(series, from, to) {
      if (from >= to) return [];
      const range = { from: formatDate(from), to: formatDate(to - DAY_MS) };
      const items = await table.query(coveragePartition(await epochOf(), series), range);
      return items.map(coverageOfItem);
    },
    async writeObjects({ day, generation, objects }) {
      await table.put({
        key: objectsItem(await epochOf(), day),
        item: { objects: JSON.stringify(objects), generation },
        condition: notNewer(generation),
      });
    },
    async objects(from, to) {
      if (from >= to) return [];
      const { partition, sort } = objectsItem(await epochOf(), from);
      const items = await table.query(partition, { from: sort, to: formatDate(to - DAY_MS) });
      return items.map(({ sk, objects }) => ({
        day: Date.parse(sk as string),
        objects: JSON.parse(objects as string) as DayObjects['objects'],
      }));
    },
  };
}

/** Quiet slots of an item of an older version, which has no time of a look, are due: 0. */
function coverageOfItem({ sk, coverage: text }: Item): CoverageRecord {
  const { nextLook, ...coverage } = JSON.parse(text as string) as Coverage & {
    readonly nextLook?: EpochMs | null;
  };
  const unknown = coverage.quiet > 0 ? 0 : null;
  return { day: Date.parse(sk as string), coverage, nextLook: nextLook === undefined ? unknown : nextLook };
}

function notNewer(generation: number): Expression {
  return {
    text: 'attribute_not_exists(#generation) OR #generation <= :generation',
    values: { ':generation': generation },
  };
}

import {
  type EpochMs,
  NO_PACE,
  orderPause,
  type PaceState,
  type PaceStore,
  RetryableError,
  reservePlace,
} from '@candlelake/core';
import { PARTITIONS } from '../../names.ts';
import type { DynamoTable, Item } from './table.ts';

/** The state as it was read: a write succeeds only while the item still has this version. */
interface ReadPace {
  readonly state: PaceState;
  /** 0 when nothing is stored. */
  readonly version: number;
}

/** A round is lost only when another process wrote in between, so that many lost rounds are unlikely. */
const MAX_ROUNDS = 100;

/**
 * The pace of requests that all functions share: one item, replaced whole on an unchanged version. `now` is
 * the process clock.
 */
export function createDynamoPace(table: DynamoTable, now: () => EpochMs): PaceStore {
  const key = { partition: PARTITIONS.pace, sort: 'jobs' };

  async function change<T>(
    step: (state: PaceState) => { readonly state: PaceState; readonly result: T },
  ): Promise<T> {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const read = readItem(await table.get(key));
      const { state, result } = step(read.state);
      if (state === read.state) return result;
      const condition =
        read.version === 0
          ? { text: 'attribute_not_exists(#version)' }
          : { text: '#version = :version', values: { ':version': read.version } };
      if (await table.put({ key, item: itemOf({ state, version: read.version + 1 }), condition }))
        return result;
    }
    throw new RetryableError('other processes kept changing the request pace; try again');
  }

  return {
    reserve: (asked, limits) =>
      change((before) => {
        const { waitMs, state } = reservePlace(before, asked, limits);
        return { state, result: waitMs };
      }),
    pause: (until) =>
      change((state) => ({
        state: { ...state, pause: orderPause(state.pause, now(), until) },
        result: undefined,
      })),
  };
}

/**
 * Starts as the first one and the steps between them, in base 36: ten minutes of them fit into one or two
 * write units.
 */
function itemOf({ state: { starts, pause }, version }: ReadPace): Item {
  const steps = starts.map((start, index) => (start - (starts[index - 1] ?? 0)).toString(36));
  return { starts: steps.join(' '), from: pause.from, until: pause.until, version };
}

function readItem(item: Item | null): ReadPace {
  if (item === null) return { state: NO_PACE, version: 0 };
  const starts: EpochMs[] = [];
  for (const step of (item.starts as string).split(' ').filter((text) => text !== '')) {
    starts.push((starts.at(-1) ?? 0) + Number.parseInt(step, 36));
  }
  const pause = { from: item.from as number, until: item.until as number };
  return { state: { starts, pause }, version: item.version as number };
}

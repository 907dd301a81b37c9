import {
  type EpochMs,
  mergePauses,
  type PaceStore,
  type Pause,
  paceHorizon,
  paceWait,
  pauseAt,
  RetryableError,
} from '@candlelake/core';
import { PARTITIONS } from '../../names.ts';
import type { DynamoTable, Item } from './table.ts';

interface PaceState {
  readonly starts: readonly EpochMs[];
  readonly pause: Pause;
  /** 0 when nothing is stored. */
  readonly version: number;
}

/** Each lost round means that another one took a place. */
const MAX_ROUNDS = 100;

/** The pace of requests that all functions share, as one item that is replaced whole if nobody else replaced it since. `now` is the process clock. */
export function createDynamoPace(table: DynamoTable, now: () => EpochMs): PaceStore {
  const key = { partition: PARTITIONS.pace, sort: 'jobs' };

  async function change<T>(
    step: (state: PaceState) => { readonly next: Omit<PaceState, 'version'> | null; readonly result: T },
  ): Promise<T> {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const state = stateOf(await table.get(key));
      const { next, result } = step(state);
      if (next === null) return result;
      const { version } = state;
      const condition =
        version === 0
          ? { text: 'attribute_not_exists(#version)' }
          : { text: '#version = :version', values: { ':version': version } };
      if (await table.put({ key, item: itemOf({ ...next, version: version + 1 }), condition })) return result;
    }
    throw new RetryableError('others kept changing the pace of requests');
  }

  return {
    reserve: (asked, limits) =>
      change((state) => {
        const pause = pauseAt(state.pause, asked);
        const isMoved = pause !== state.pause;
        if (pause.until > asked)
          return { next: isMoved ? { ...state, pause } : null, result: pause.until - asked };
        const starts = state.starts
          .map((start) => Math.min(start, asked))
          .filter((start) => start > paceHorizon(asked, limits));
        const waitMs = Math.max(paceWait(starts, asked, limits), 0);
        const isSteppedBack = state.starts.some((start) => start > asked);
        if (waitMs > 0) return { next: isSteppedBack ? { starts, pause } : null, result: waitMs };
        return { next: { starts: [...starts, asked], pause }, result: 0 };
      }),
    pause: (until) =>
      change((state) => ({
        next: {
          ...state,
          pause: mergePauses(pauseAt(state.pause, now()), { from: now(), until }),
        },
        result: undefined,
      })),
  };
}

/** Starts as the first one and the steps between them, in base 36: ten minutes of them stay within one write unit or two. */
function itemOf({ starts, pause, version }: PaceState): Item {
  const steps = starts.map((start, index) => (start - (starts[index - 1] ?? 0)).toString(36));
  return { starts: steps.join(' '), from: pause.from, until: pause.until, version };
}

function stateOf(item: Item | null): PaceState {
  if (item === null) return { starts: [], pause: { from: 0, until: 0 }, version: 0 };
  const starts: EpochMs[] = [];
  for (const step of (item.starts as string).split(' ').filter((text) => text !== '')) {
    starts.push((starts.at(-1) ?? 0) + Number.parseInt(step, 36));
  }
  const pause = { from: item.from as number, until: item.until as number };
  return { starts, pause, version: item.version as number };
}

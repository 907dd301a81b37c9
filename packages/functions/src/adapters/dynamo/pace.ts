import { type PaceStore, paceText, parsePaceText, RetryableError } from '@candlelake/core';
import { PARTITIONS } from '../../names.ts';
import type { DynamoTable } from './table.ts';

/** A round is lost only when another process wrote in between, so that many lost rounds are unlikely. */
const MAX_ROUNDS = 100;

/** The pace of requests that all functions share: one item, replaced whole on an unchanged version. */
export function createDynamoPace(table: DynamoTable): PaceStore {
  const key = { partition: PARTITIONS.pace, sort: 'routes' };
  return {
    async changePace(step) {
      for (let round = 0; round < MAX_ROUNDS; round++) {
        const item = await table.get(key);
        const before = parsePaceText((item?.state as string | undefined) ?? null);
        const { state, result } = step(before);
        if (state === before) return result;
        const version = (item?.version as number | undefined) ?? 0;
        const condition =
          version === 0
            ? { text: 'attribute_not_exists(#version)' }
            : { text: '#version = :version', values: { ':version': version } };
        if (await table.put({ key, item: { state: paceText(state), version: version + 1 }, condition }))
          return result;
      }
      throw new RetryableError('other processes kept changing the request pace; try again');
    },
  };
}

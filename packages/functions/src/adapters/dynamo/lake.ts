import { canonicalJson, type EpochMs, type LakeSettings } from '@candlelake/core';
import { LAKE_ITEM } from './keys.ts';
import type { DynamoTable } from './table.ts';

/** What is recorded of the whole lake. */
interface LakeState {
  readonly settings: LakeSettings | null;
  readonly asOf: EpochMs;
  /** Grows when the settings change; checkpoints and coverage of a smaller one are forgotten. 0 without settings. */
  readonly epoch: number;
}

export interface DynamoLake {
  read(): Promise<LakeState>;
  /** The number of the settings as last read here: who derives reads them first. */
  epoch(): Promise<number>;
  /** Returns false when the settings that were read are no longer there. */
  replaceSettings(read: LakeState, settings: LakeSettings): Promise<boolean>;
  /** Raises the watermark; a smaller value changes nothing. Returns the watermark. */
  raiseAsOf(asOf: EpochMs): Promise<EpochMs>;
}

export function createDynamoLake(table: DynamoTable): DynamoLake {
  let lastEpoch: number | null = null;

  async function read(): Promise<LakeState> {
    const { settings, asOf = 0, epoch = 0 } = (await table.get(LAKE_ITEM)) ?? {};
    lastEpoch = epoch as number;
    return {
      settings: settings === undefined ? null : (JSON.parse(settings as string) as LakeSettings),
      asOf: asOf as number,
      epoch: lastEpoch,
    };
  }

  return {
    read,
    epoch: async () => lastEpoch ?? (await read()).epoch,
    async replaceSettings(state, settings) {
      const epoch = state.epoch + 1;
      const change = {
        text: 'SET #settings = :settings, #epoch = :epoch',
        values: { ':settings': canonicalJson(settings), ':epoch': epoch },
      };
      const condition =
        state.epoch === 0
          ? { text: 'attribute_not_exists(#epoch)' }
          : { text: '#epoch = :read', values: { ':read': state.epoch } };
      if ((await table.update(LAKE_ITEM, change, condition)) === null) return false;
      lastEpoch = epoch;
      return true;
    },
    async raiseAsOf(asOf) {
      const raised = await table.update(
        LAKE_ITEM,
        { text: 'SET #asOf = :asOf', values: { ':asOf': asOf } },
        { text: 'attribute_not_exists(#asOf) OR #asOf < :asOf' },
      );
      return raised === null ? (await read()).asOf : asOf;
    },
  };
}

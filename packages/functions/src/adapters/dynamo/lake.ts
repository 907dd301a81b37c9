import { canonicalJson, type EpochMs, type LakeRecord, type LakeSettings } from '@candlelake/core';
import { LAKE_ITEM } from './keys.ts';
import type { DynamoTable } from './table.ts';

/** The settings and the watermark, with the number of the settings. */
interface LakeState extends LakeRecord<LakeSettings> {
  /**
   * Grows by one with each change of the settings, 0 without settings. It is part of the keys of checkpoints
   * and coverage.
   */
  readonly epoch: number;
  /** Bars that closed by then are history under the present settings; null before the watermark is raised. */
  readonly noticesFrom: EpochMs | null;
}

export interface DynamoLake {
  read(): Promise<LakeState>;
  /**
   * The number of the settings as this process last read or wrote them. A derivation reads the settings
   * first.
   */
  epoch(): Promise<number>;
  /**
   * Returns false, and writes nothing, when another process has changed the settings since they were read.
   */
  replaceSettings(read: LakeState, settings: LakeSettings): Promise<boolean>;
  /**
   * Raises the watermark; a smaller value changes nothing. The first time under the settings that were read,
   * it is also the end of what is history for notices. Returns the stored watermark.
   */
  raiseAsOf(read: LakeState, asOf: EpochMs): Promise<EpochMs>;
  /** Lowers the watermark; a greater value changes nothing. */
  lowerAsOf(asOf: EpochMs): Promise<void>;
}

/** Stands for no instant. */
const NEVER = -1;

/** The one item of the settings and the watermark. */
export function createDynamoLake(table: DynamoTable): DynamoLake {
  let lastEpoch: number | null = null;

  async function read(): Promise<LakeState> {
    const { settings, asOf = 0, epoch = 0, noticesFrom = NEVER } = (await table.get(LAKE_ITEM)) ?? {};
    lastEpoch = epoch as number;
    return {
      settings: settings === undefined ? null : (JSON.parse(settings as string) as LakeSettings),
      asOf: asOf as number,
      epoch: lastEpoch,
      noticesFrom: noticesFrom === NEVER ? null : (noticesFrom as EpochMs),
    };
  }

  return {
    read,
    epoch: async () => lastEpoch ?? (await read()).epoch,
    async replaceSettings(state, settings) {
      const epoch = state.epoch + 1;
      const change = {
        text: 'SET #settings = :settings, #epoch = :epoch, #noticesFrom = :never',
        values: { ':settings': canonicalJson(settings), ':epoch': epoch, ':never': NEVER },
      };
      const condition =
        state.epoch === 0
          ? { text: 'attribute_not_exists(#epoch)' }
          : { text: '#epoch = :read', values: { ':read': state.epoch } };
      if ((await table.update(LAKE_ITEM, change, condition)) === null) return false;
      lastEpoch = epoch;
      return true;
    },
    async raiseAsOf({ noticesFrom }, asOf) {
      const first = noticesFrom === null ? ', #noticesFrom = :asOf' : '';
      const raised = await table.update(
        LAKE_ITEM,
        { text: `SET #asOf = :asOf${first}`, values: { ':asOf': asOf } },
        { text: 'attribute_not_exists(#asOf) OR #asOf < :asOf' },
      );
      return raised === null ? (await read()).asOf : asOf;
    },
    async lowerAsOf(asOf) {
      const { noticesFrom } = await read();
      const from = noticesFrom === null ? NEVER : Math.min(noticesFrom, asOf);
      await table.update(
        LAKE_ITEM,
        { text: 'SET #asOf = :asOf, #noticesFrom = :from', values: { ':asOf': asOf, ':from': from } },
        { text: '#asOf > :asOf' },
      );
    },
  };
}

import type { LakeMetadata } from '../ports.ts';

/**
 * The only key of the file's key-value metadata; its value is JSON. With several keys the writer's order
 * changes from call to call, and equal rows must give equal bytes.
 */
export const METADATA_KEY = 'candlelake';

/** The value of the metadata key. */
export function metadataText({ schemaVersion, derivationVersion, periods }: LakeMetadata): string {
  return JSON.stringify({
    schemaVersion,
    derivationVersion,
    ...(periods && { periods: { maShort: periods.maShort, maLong: periods.maLong, atr: periods.atr } }),
  });
}

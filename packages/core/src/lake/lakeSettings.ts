import type { Settings } from '../settings/definitions.ts';
import type { LakeSettings } from '../settings/lakeSettings.ts';
import { LAKE_SCHEMA_VERSION } from './tables.ts';

/** The part of the settings that shapes the lake. */
export function lakeSettingsOf(settings: Settings): LakeSettings {
  return {
    schemaVersion: LAKE_SCHEMA_VERSION,
    interval: settings.interval,
    timeframes: settings.timeframes,
    periods: { maShort: settings.maShort, maLong: settings.maLong, atr: settings.atrPeriod },
    writeMa: settings.ma,
    writeAtr: settings.atr,
    skipPartial: settings.skipPartial,
  };
}

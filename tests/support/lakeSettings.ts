import type { LakeSettings } from '@candlelake/core';

/** The default settings of a lake (3m candles, 21m bars, MA 3/7, ATR 14) with `overrides`. */
export function lakeSettings(overrides: Partial<LakeSettings> = {}): LakeSettings {
  return {
    schemaVersion: 1,
    interval: '3m',
    timeframes: [21],
    periods: { maShort: 3, maLong: 7, atr: 14 },
    writeMa: true,
    writeAtr: true,
    skipPartial: false,
    ...overrides,
  };
}

import { canonicalJson } from '../domain/canonicalJson.ts';
import { formatTimeframe } from '../domain/time/timeframe.ts';
import { ConfigError } from '../errors.ts';
import type { DerivationStore, Report } from '../ports.ts';
import type { LakeSettings } from '../settings/lakeSettings.ts';

/**
 * Records the settings of the lake. Settings that differ from the recorded ones are reported in one line, and
 * the store marks every day for derivation. Throws ConfigError for another interval, which needs a lake of
 * its own, and for a lake of a newer program. `lakeName` names the lake in messages.
 */
export async function adoptSettings(
  { derivation, report }: { readonly derivation: DerivationStore; readonly report: Report },
  settings: LakeSettings,
  lakeName: string,
): Promise<void> {
  const recorded = await derivation.readSettings();
  if (recorded !== null) {
    refuseOtherLake(recorded, settings, lakeName);
    if (canonicalJson(recorded) !== canonicalJson(settings)) {
      const message =
        `the lake in "${lakeName}" was made with ${describe(recorded)}, ` +
        `now ${describe(settings)}: all of it is derived again`;
      report({ level: 'warn', kind: 'settings-changed', message });
    }
  }
  await derivation.writeSettings(settings);
}

function refuseOtherLake(
  recorded: LakeSettings,
  { interval, schemaVersion }: LakeSettings,
  lakeName: string,
): void {
  if (recorded.schemaVersion > schemaVersion) {
    throw new ConfigError(
      `the lake in "${lakeName}" has schema version "${recorded.schemaVersion}", ` +
        `expected at most ${schemaVersion}: a newer candlelake made it`,
    );
  }
  if (recorded.interval !== interval) {
    throw new ConfigError(
      `--interval "${interval}": the lake in "${lakeName}" holds candles of ${recorded.interval}, ` +
        'expected that interval or another --output',
    );
  }
}

function describe({ timeframes, periods, writeMa, writeAtr, skipPartial }: LakeSettings): string {
  const ma = writeMa
    ? `MA ${periods.maShort}/${periods.maLong}`
    : `no MA (${periods.maShort}/${periods.maLong})`;
  const atr = writeAtr ? `ATR ${periods.atr}` : `no ATR (${periods.atr})`;
  const parts = [timeframes.map(formatTimeframe).join(' '), ma, atr];
  return [...parts, ...(skipPartial ? ['without short bars'] : [])].join(', ');
}

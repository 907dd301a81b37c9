import { canonicalJson } from '../domain/canonicalJson.ts';
import { formatTimeframe } from '../domain/time/timeframe.ts';
import { ConfigError } from '../errors.ts';
import type { CandleStore, DerivationStore, Report } from '../ports.ts';
import type { LakeSettings } from '../settings/lakeSettings.ts';

export interface AdoptSettingsPorts {
  readonly candles: Pick<CandleStore, 'listSeries'>;
  readonly derivation: DerivationStore;
  readonly report: Report;
}

/**
 * Records the settings of the lake. Settings that differ from the recorded ones are reported in one line, and
 * the store marks every day for derivation. Throws as {@link checkSettings} does. Settings of a lake without
 * candles are replaced by any others. `lakeName` names the lake in messages.
 */
export async function adoptSettings(
  { report, ...ports }: AdoptSettingsPorts,
  settings: LakeSettings,
  lakeName: string,
): Promise<void> {
  const replaced = await checkSettings(ports, settings, lakeName);
  if (replaced !== null) {
    const message =
      `the lake in "${lakeName}" was made with ${describe(replaced)}, ` +
      `now ${describe(settings)}: all of it is derived again`;
    report({ level: 'warn', kind: 'settings-changed', message });
  }
  await ports.derivation.writeSettings(settings);
}

/**
 * The recorded settings that others would replace; null when they are equal or bind no run. Throws
 * ConfigError for another interval, which needs a lake of its own, and for a lake of a newer program. Records
 * nothing.
 */
export async function checkSettings(
  { candles, derivation }: Pick<AdoptSettingsPorts, 'candles' | 'derivation'>,
  settings: LakeSettings,
  lakeName: string,
): Promise<LakeSettings | null> {
  const recorded = await derivation.readSettings();
  if (recorded === null || canonicalJson(recorded) === canonicalJson(settings)) return null;
  refuseNewerLake(recorded, settings, lakeName);
  if (!(await holdsCandles(candles, recorded))) return null;
  refuseOtherInterval(recorded, settings, lakeName);
  return recorded;
}

/**
 * The recorded settings of a lake with candles; null without them. A run that failed before its first candle
 * leaves settings behind that bind no later run.
 */
export async function readLakeSettings({
  candles,
  derivation,
}: Pick<AdoptSettingsPorts, 'candles' | 'derivation'>): Promise<LakeSettings | null> {
  const recorded = await derivation.readSettings();
  return recorded !== null && (await holdsCandles(candles, recorded)) ? recorded : null;
}

async function holdsCandles(
  candles: AdoptSettingsPorts['candles'],
  { interval }: LakeSettings,
): Promise<boolean> {
  const series = await candles.listSeries();
  return series.some((one) => one.interval === interval && one.firstSlot !== null);
}

function refuseNewerLake(recorded: LakeSettings, { schemaVersion }: LakeSettings, lakeName: string): void {
  if (recorded.schemaVersion > schemaVersion) {
    throw new ConfigError(
      `the lake in "${lakeName}" has schema version "${recorded.schemaVersion}", ` +
        `expected at most ${schemaVersion}: a newer candlelake made it`,
    );
  }
}

function refuseOtherInterval(recorded: LakeSettings, { interval }: LakeSettings, lakeName: string): void {
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

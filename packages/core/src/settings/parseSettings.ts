import * as v from 'valibot';
import { formatInstant } from '../domain/time/time.ts';
import { timeframeProblem } from '../domain/time/timeframe.ts';
import { ConfigError } from '../errors.ts';
import {
  BINGX_WS_URLS,
  SETTING_DEFINITIONS,
  SETTING_KEYS,
  type SettingDefinition,
  type SettingKey,
  type Settings,
} from './definitions.ts';
import { quote } from './quote.ts';
import { type GivenValue, type GivenValues, readSources, type SettingSources } from './sources.ts';

export interface ParseOptions {
  /** The settings that the command uses: the exchange's addresses are checked only if they are among them. */
  readonly uses?: readonly SettingKey[];
  /** Settings that must be given, although they have a default. */
  readonly required?: readonly SettingKey[];
}

/**
 * Merges the sources into settings: a flag beats a variable, a variable beats the file, the file beats the
 * default. Throws ConfigError for an unknown name, a wrong value, a missing value that is required, or values
 * that contradict each other.
 */
export function parseSettings(
  sources: SettingSources,
  { uses = SETTING_KEYS, required = [] }: ParseOptions = {},
): Settings {
  const given = new Map(readSources(sources).flatMap((values) => [...values]));
  refuseMissing(required, given);
  const read = <K extends SettingKey>(key: K) =>
    readValue<Settings[K]>(SETTING_DEFINITIONS[key], given.get(key));
  const market = read('market');
  const settings: Settings = {
    market,
    symbols: read('symbols'),
    interval: read('interval'),
    timeframes: read('timeframes'),
    historyDays: read('historyDays'),
    backfill: read('backfill'),
    gapFill: read('gapFill'),
    from: read('from'),
    to: read('to'),
    output: read('output'),
    memoryMapped: read('memoryMapped'),
    maShort: read('maShort'),
    maLong: read('maLong'),
    ma: read('ma'),
    atrPeriod: read('atrPeriod'),
    atr: read('atr'),
    skipPartial: read('skipPartial'),
    host: read('host'),
    port: read('port'),
    restUrl: read('restUrl'),
    wsUrl: given.has('wsUrl') ? read('wsUrl') : BINGX_WS_URLS[market],
    requestsPerSecond: read('requestsPerSecond'),
    alertWebhook: read('alertWebhook'),
    alertFormat: read('alertFormat'),
    alertCommand: read('alertCommand'),
    forMs: read('forMs'),
    until: read('until'),
    debug: read('debug'),
    logFormat: read('logFormat'),
    showAlignment: read('showAlignment'),
    verifyBucket: read('verifyBucket'),
    all: read('all'),
    json: read('json'),
    requireComplete: read('requireComplete'),
    againstExchange: read('againstExchange'),
    dryRun: read('dryRun'),
    rebuildStore: read('rebuildStore'),
    record: read('record'),
    speed: read('speed'),
    config: read('config'),
    clock: read('clock'),
  };
  const labelOf = (key: SettingKey) => given.get(key)?.label ?? `--${SETTING_DEFINITIONS[key].name}`;
  refuseContradictions(settings, labelOf);
  if (uses.includes('alertWebhook')) refuseUselessAlerts(settings, given, labelOf);
  refuseSimulatedExchange(settings, uses, labelOf('clock'));
  return settings;
}

function refuseMissing(required: readonly SettingKey[], given: GivenValues): void {
  for (const key of required) {
    const { name, type } = SETTING_DEFINITIONS[key];
    if (!given.has(key)) throw new ConfigError(`--${name}: missing, expected ${type.expected}`);
  }
}

/** The given value, or the default. `T` includes null only for settings without a default. */
function readValue<T>(definition: SettingDefinition<NonNullable<T>>, given: GivenValue | undefined): T {
  const value = given === undefined ? definition.fallback : given.value;
  if (given === undefined && value === null) return null as T;
  const result = v.safeParse(definition.type.schema, value);
  if (result.success) return result.output;
  const label = given?.label ?? `--${definition.name}`;
  const shown = definition.type.isSecret ? label : `${label} ${quote(value)}`;
  throw new ConfigError(`${shown}: expected ${definition.type.expected}`);
}

function refuseContradictions(settings: Settings, labelOf: (key: SettingKey) => string): void {
  const { maShort, maLong, interval, timeframes, from, to } = settings;
  if (maShort >= maLong) {
    throw new ConfigError(
      `${labelOf('maShort')} "${maShort}": expected less than the "${maLong}" of ${labelOf('maLong')}`,
    );
  }
  for (const minutes of timeframes) {
    const problem = timeframeProblem(minutes, interval);
    if (problem !== null) throw new ConfigError(`${labelOf('timeframes')}: ${problem}`);
  }
  if (from !== null && to !== null && from >= to) {
    throw new ConfigError(
      `${labelOf('to')} "${formatInstant(to)}": expected a time after ` +
        `the "${formatInstant(from)}" of ${labelOf('from')}`,
    );
  }
}

/** Refuses settings of alerts that would send nothing. */
function refuseUselessAlerts(
  { alertWebhook, alertFormat, alertCommand, ma }: Settings,
  given: GivenValues,
  labelOf: (key: SettingKey) => string,
): void {
  const sink = alertWebhook !== null ? 'alertWebhook' : alertCommand !== null ? 'alertCommand' : null;
  if (sink !== null && !ma)
    throw new ConfigError(`${labelOf(sink)}: there are no crossovers with --no-ma, expected --ma`);
  if (given.has('alertFormat') && alertWebhook === null)
    throw new ConfigError(`${labelOf('alertFormat')} "${alertFormat}": expected --alert-webhook too`);
  if (alertFormat !== 'telegram' || alertWebhook === null) return;
  if (!new URL(alertWebhook).searchParams.get('chat_id'))
    throw new ConfigError(
      `${labelOf('alertWebhook')}: expected https://api.telegram.org/bot<token>/sendMessage?chat_id=<chat>`,
    );
}

/** Refuses a simulated clock with the real exchange: a wrong clock would make open candles final. */
function refuseSimulatedExchange(settings: Settings, uses: readonly SettingKey[], label: string): void {
  if (settings.clock === null) return;
  for (const key of ['restUrl', 'wsUrl'] as const) {
    if (!uses.includes(key) || !isBingx(settings[key])) continue;
    const flag = `--${SETTING_DEFINITIONS[key].name}`;
    throw new ConfigError(`${label}: refused with the real exchange, expected the ${flag} of a stand-in`);
  }
}

function isBingx(url: string): boolean {
  return /(^|\.)bingx\.(com|pro)\.?$/.test(new URL(url).hostname);
}

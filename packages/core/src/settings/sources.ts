import type { Market } from '../domain/candle/candle.ts';
import { formatTimeframe } from '../domain/time/timeframe.ts';
import { ConfigError } from '../errors.ts';
import {
  SETTING_DEFINITIONS,
  SETTING_KEYS,
  type SettingKey,
  type SettingSource,
  VARIABLE_PREFIX,
} from './definitions.ts';
import type { LakeSettings } from './lakeSettings.ts';
import { quote } from './quote.ts';

/** A value as text or JSON, before it is parsed. */
export interface GivenValue {
  readonly value: unknown;
  /** Its name in error messages: `--ma-short`, `CANDLELAKE_MA_SHORT`, `"ma-short" in lake.json`. */
  readonly label: string;
}

export type GivenValues = ReadonlyMap<SettingKey, GivenValue>;

/** What a store holds, as the defaults of a command that works on it. */
export interface HeldSeries {
  /** Left out when there are several. */
  readonly market?: Market | undefined;
  readonly symbols?: readonly string[];
}

/** The sources of settings. A flag beats a variable, a variable beats the file. */
export interface SettingSources {
  /** Values by the flag's name without its dashes. */
  readonly flags?: Readonly<Record<string, unknown>>;
  /** The environment. Names that do not begin with `CANDLELAKE_` are ignored, and so are empty values. */
  readonly variables?: Readonly<Record<string, string | undefined>>;
  /** The parsed JSON of the file that `config` names. */
  readonly file?: { readonly path: string; readonly content: unknown } | null;
  /** The settings recorded in the store, for commands that keep them; they replace only the defaults. */
  readonly recorded?: LakeSettings | null;
  /** What the store holds; it replaces only the defaults. */
  readonly held?: HeldSeries;
}

/** The values of each source, the strongest source last. Throws ConfigError for an unknown name. */
export function readSources(sources: SettingSources): readonly GivenValues[] {
  const { flags = {}, variables = {}, file = null, recorded = null, held = {} } = sources;
  // Docker Compose passes an unset variable as an empty one.
  const named = Object.entries(variables).filter(
    ([name, value]) => name.startsWith(VARIABLE_PREFIX) && value?.trim() !== '',
  );
  return [
    readHeld(held),
    recorded === null ? new Map() : readRecorded(recorded),
    file === null ? new Map() : readFileContent(file.path, file.content),
    readEntries('variable', named, variableSettingName, (name) => name),
    readEntries(
      'flag',
      Object.entries(flags),
      (name) => name,
      (name) => `--${name}`,
    ),
  ];
}

/** The path in `--config` or `CANDLELAKE_CONFIG`, null without one. */
export function configPathOf(sources: Pick<SettingSources, 'flags' | 'variables'>): string | null {
  const given = new Map(readSources(sources).flatMap((values) => [...values])).get('config');
  return given === undefined ? null : String(given.value);
}

function readRecorded(lake: LakeSettings): GivenValues {
  const values: readonly (readonly [SettingKey, unknown])[] = [
    ['interval', lake.interval],
    ['timeframes', lake.timeframes.map(formatTimeframe)],
    ['maShort', lake.periods.maShort],
    ['maLong', lake.periods.maLong],
    ['atrPeriod', lake.periods.atr],
    ['ma', lake.writeMa],
    ['atr', lake.writeAtr],
    ['skipPartial', lake.skipPartial],
  ];
  return new Map(
    values.map(([key, value]) => [key, { value, label: `"${SETTING_DEFINITIONS[key].name}" of the lake` }]),
  );
}

function readHeld({ market, symbols = [] }: HeldSeries): GivenValues {
  const values = new Map<SettingKey, GivenValue>();
  if (market !== undefined) values.set('market', { value: market, label: 'market of the store' });
  if (symbols.length > 0) values.set('symbols', { value: symbols, label: 'symbols of the store' });
  return values;
}

function readFileContent(path: string, content: unknown): GivenValues {
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new ConfigError(`${path}: expected a JSON object of settings`);
  }
  return readEntries('file', Object.entries(content), kebabCase, (name) => `${quote(name)} in ${path}`);
}

function readEntries(
  source: SettingSource,
  entries: readonly (readonly [string, unknown])[],
  settingName: (name: string) => string,
  labelOf: (name: string) => string,
): GivenValues {
  const given = new Map<SettingKey, GivenValue>();
  for (const [name, value] of entries) {
    if (value === undefined) continue;
    const label = labelOf(name);
    const { key, negated } = findSetting(settingName(name), source, label);
    const earlier = given.get(key);
    if (earlier) throw new ConfigError(`${label}: already given as ${earlier.label}, expected one of them`);
    given.set(key, { value: negated ? negate(value) : value, label });
  }
  return given;
}

/** Finds the setting of a name. In every source `no-` before the name of a switch negates it. */
function findSetting(
  name: string,
  source: SettingSource,
  label: string,
): { readonly key: SettingKey; readonly negated: boolean } {
  const positive = name.startsWith('no-') ? name.slice('no-'.length) : name;
  for (const key of SETTING_KEYS) {
    const definition = SETTING_DEFINITIONS[key];
    if (!definition.sources.includes(source)) continue;
    if (definition.name === name) return { key, negated: false };
    if (definition.name === positive && definition.type.placeholder === null) return { key, negated: true };
  }
  const known = SETTING_KEYS.map((key) => SETTING_DEFINITIONS[key])
    .filter((definition) => definition.sources.includes(source))
    .map((definition) => (source === 'variable' ? variableName(definition.name) : definition.name));
  throw new ConfigError(`${label}: no such setting, expected one of ${known.join(', ')}`);
}

function negate(value: unknown): unknown {
  if (typeof value === 'boolean') return !value;
  if (value === 'true') return false;
  return value === 'false' ? true : value;
}

/** The variable of a setting: `CANDLELAKE_MA_SHORT`. */
export function variableName(name: string): string {
  return VARIABLE_PREFIX + name.toUpperCase().replaceAll('-', '_');
}

function variableSettingName(variable: string): string {
  const name = variable.slice(VARIABLE_PREFIX.length).toLowerCase().replaceAll('_', '-');
  return variableName(name) === variable ? name : variable;
}

/** `maShort` in a file is the same key as `ma-short`. */
function kebabCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

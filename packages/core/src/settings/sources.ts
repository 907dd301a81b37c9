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

/** A value as its source wrote it. */
export interface GivenValue {
  readonly value: unknown;
  /** What an error calls it: `--ma-short`, `CANDLELAKE_MA_SHORT`, `"ma-short" in lake.json`. */
  readonly label: string;
}

export type GivenValues = ReadonlyMap<SettingKey, GivenValue>;

/** Where settings come from; a flag beats a variable, a variable beats the file. */
export interface SettingSources {
  /** By the flag's name without its dashes. */
  readonly flags?: Readonly<Record<string, unknown>>;
  /** The whole environment; names that do not begin with `CANDLELAKE_` are not ours. */
  readonly variables?: Readonly<Record<string, string | undefined>>;
  /** The parsed JSON of the file that `config` names. */
  readonly file?: { readonly path: string; readonly content: unknown } | null;
  /** What the lake was made with, for commands that keep to it unless told otherwise; it beats only the defaults. */
  readonly recorded?: LakeSettings | null;
}

/** What the sources say, the strongest last. Throws ConfigError for a name that is no setting there. */
export function readSources(sources: SettingSources): readonly GivenValues[] {
  const { flags = {}, variables = {}, file = null, recorded = null } = sources;
  const ours = Object.entries(variables).filter(([name]) => name.startsWith(VARIABLE_PREFIX));
  return [
    recorded === null ? new Map() : readRecorded(recorded),
    file === null ? new Map() : readFileContent(file.path, file.content),
    readEntries('variable', ours, variableSettingName, (name) => name),
    readEntries(
      'flag',
      Object.entries(flags),
      (name) => name,
      (name) => `--${name}`,
    ),
  ];
}

/** The path that `--config` or `CANDLELAKE_CONFIG` names, null without one. */
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

function readFileContent(path: string, content: unknown): GivenValues {
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new ConfigError(`${path}: expected a JSON object of settings`);
  }
  return readEntries('file', Object.entries(content), kebabCase, (name) => `"${name}" in ${path}`);
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

/** `no-` before the name of a switch turns it round, in every source. */
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

/** `maShort` and `ma-short` are the same key of a file. */
function kebabCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

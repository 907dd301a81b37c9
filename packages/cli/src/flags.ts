import { readFileSync } from 'node:fs';
import {
  ConfigError,
  configPathOf,
  type HeldSeries,
  type LakeSettings,
  parseSettings,
  SETTING_DEFINITIONS,
  type SettingKey,
  type Settings,
} from '@candlelake/core';
import { type Command, Option } from 'commander';

const LAKE_FLAGS: readonly SettingKey[] = [
  'timeframes',
  'maShort',
  'maLong',
  'ma',
  'atrPeriod',
  'atr',
  'skipPartial',
];
const STORE_FLAGS: readonly SettingKey[] = ['output', 'memoryMapped'];
const COMMON_FLAGS: readonly SettingKey[] = ['config', 'logFormat', 'debug'];
const EXCHANGE_FLAGS: readonly SettingKey[] = ['restUrl', 'requestsPerSecond'];

/** The settings that each command takes as flags. */
export const COMMAND_FLAGS = {
  stream: [
    'market',
    'symbols',
    'interval',
    ...LAKE_FLAGS,
    'historyDays',
    'backfill',
    'gapFill',
    ...STORE_FLAGS,
    'host',
    'port',
    ...EXCHANGE_FLAGS,
    'wsUrl',
    'alertWebhook',
    'alertFormat',
    'alertCommand',
    'forMs',
    'until',
    'showAlignment',
    'verifyBucket',
    ...COMMON_FLAGS,
  ],
  backfill: [
    'market',
    'symbols',
    'from',
    'to',
    'interval',
    ...LAKE_FLAGS,
    ...STORE_FLAGS,
    ...EXCHANGE_FLAGS,
    'forMs',
    ...COMMON_FLAGS,
  ],
  audit: [
    'market',
    'symbols',
    'from',
    'to',
    'all',
    'json',
    'requireComplete',
    'againstExchange',
    'output',
    ...EXCHANGE_FLAGS,
    'config',
  ],
  repair: [
    'market',
    'symbols',
    'from',
    'to',
    'dryRun',
    'againstExchange',
    'rebuildStore',
    ...STORE_FLAGS,
    ...EXCHANGE_FLAGS,
    'forMs',
    ...COMMON_FLAGS,
  ],
  doctor: [
    'market',
    'symbols',
    'interval',
    'historyDays',
    'record',
    'json',
    'output',
    'restUrl',
    'wsUrl',
    'config',
  ],
  status: ['market', 'symbols', 'json', 'output', 'config'],
  corrections: ['market', 'symbols', 'from', 'to', 'json', 'output', 'config'],
  query: ['output', 'config'],
  compare: ['market', 'symbols', 'output', 'config'],
  export: ['market', 'symbols', 'from', 'to', 'output', 'config'],
  replay: ['market', 'symbols', 'timeframes', 'from', 'to', 'speed', 'output', 'config'],
  import: ['market', 'symbols', 'interval', ...LAKE_FLAGS, ...STORE_FLAGS, ...COMMON_FLAGS],
} as const satisfies Readonly<Record<string, readonly SettingKey[]>>;

/** The flags that the help of a command lists first. */
const FIRST_FLAGS: ReadonlySet<SettingKey> = new Set([
  ...(['market', 'symbols', 'interval', 'timeframes', 'historyDays', 'from', 'to'] as const),
  ...(['output', 'port'] as const),
  ...([
    'forMs',
    'all',
    'json',
    'requireComplete',
    'againstExchange',
    'dryRun',
    'rebuildStore',
    'record',
    'speed',
  ] as const),
]);

const FURTHER_FLAGS = 'Further options:';

/** The default market of a command on a store that has one market: `swap` when it has both, or none. */
export const STORE_MARKET = { market: "the store's" } as const;

/** Defaults in other words than their values: an address of the exchange would take two lines. */
const DEFAULT_WORDS: Partial<Readonly<Record<SettingKey, string>>> = { restUrl: 'BingX', wsUrl: 'BingX' };

/**
 * Adds flags to a command. A switch also gets its opposite, hidden from the help, which overrides a variable
 * or a file. `defaults` are texts for the help of a command whose defaults are not those of the settings.
 */
export function addFlags(
  command: Command,
  keys: readonly SettingKey[],
  defaults: Partial<Readonly<Record<SettingKey, string>>> = {},
): Command {
  for (const key of keys) {
    const { name, type, help } = SETTING_DEFINITIONS[key];
    const fallback = defaults[key] ?? DEFAULT_WORDS[key] ?? SETTING_DEFINITIONS[key].fallback;
    const defaultText = fallback === null || type.placeholder === null ? '' : ` (default: ${fallback})`;
    const add = (option: Option) =>
      command.addOption(FIRST_FLAGS.has(key) ? option : option.helpGroup(FURTHER_FLAGS));
    if (type.placeholder === null) {
      const isOn = fallback === 'true';
      add(new Option(`--${name}`, help).hideHelp(isOn));
      add(new Option(`--no-${name}`, `do not ${help}`).hideHelp(!isOn));
    } else {
      const option = new Option(`--${name} <${type.placeholder}>`, help + defaultText);
      add(type.list ? option.argParser(collectValues) : option);
    }
  }
  return command;
}

/** The note on settings under the help of a command with these flags. */
export function settingsNote(keys: readonly SettingKey[]): string {
  const onlyFlags = keys.map((key) => SETTING_DEFINITIONS[key]).filter(({ sources }) => sources.length === 1);
  const names = onlyFlags.map(({ name }) => `--${name}`).join(', ');
  return `
A flag is also a variable (--ma-short: CANDLELAKE_MA_SHORT) and a key ("ma-short")
of the JSON file of --config: a flag beats a variable, a variable beats the file.
Lists may be repeated, switches have an opposite (--no-debug), times are UTC.
--config is no key of the file.${names && `\nFlags only: ${names}.`}`;
}

export interface ReadSettingsOptions {
  /** The settings recorded in the store, which replace the defaults. */
  readonly recorded?: LakeSettings | null;
  /** What the store holds, which replaces the defaults. */
  readonly held?: HeldSeries;
  /** Settings that must be given, although they have a default. */
  readonly required?: readonly SettingKey[];
}

/**
 * Reads the settings of a command from its flags, the environment and the file that they name. Throws
 * ConfigError.
 */
export function readSettings(
  command: Command,
  keys: readonly SettingKey[],
  { recorded = null, held = {}, required = [] }: ReadSettingsOptions = {},
): Settings {
  const variables = process.env;
  const names = keys.map((key) => SETTING_DEFINITIONS[key].name);
  const flags = Object.fromEntries(names.map((name) => [name, command.getOptionValue(camelCase(name))]));
  const path = configPathOf({ flags, variables });
  const file = path === null ? null : { path, content: readJson(path) };
  return parseSettings({ flags, variables, file, recorded, held }, { uses: keys, required });
}

/** Reads the settings of a command. What the store records and holds replaces the defaults. */
export type SettingsReader = (recorded: LakeSettings | null, held?: HeldSeries) => Settings;

/** A reader of the settings of one command. */
export function settingsReader(
  command: Command,
  keys: readonly SettingKey[],
  required: readonly SettingKey[] = [],
): SettingsReader {
  return (recorded, held = {}) => readSettings(command, keys, { recorded, held, required });
}

/** The name under which commander keeps an option. */
function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** Windows editors write it at the start of a text file. */
const BYTE_ORDER_MARK = /^\uFEFF/;

function readJson(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ConfigError(`--config "${path}": can't be read, expected a JSON file`, { cause });
  }
  try {
    return JSON.parse(text.replace(BYTE_ORDER_MARK, ''));
  } catch (cause) {
    throw new ConfigError(`--config "${path}": not JSON, expected an object of settings`, { cause });
  }
}

function collectValues(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

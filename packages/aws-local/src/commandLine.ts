import { parseArgs } from 'node:util';
import {
  ConfigError,
  parseSettings,
  SETTING_DEFINITIONS,
  SETTING_KEYS,
  type Settings,
  variableName,
} from '@candlelake/core';

export interface LocalSettings {
  readonly settings: Settings;
  /** The settings as the `CANDLELAKE_*` variables that a deployment would set. */
  readonly variables: Readonly<Record<string, string>>;
  /** Prefix of the resources' names. */
  readonly name: string;
}

const DEFAULT_NAME = 'candlelake-local';
/** Flags of this program; the functions and the stream do not get them. */
const NOT_PASSED_ON = new Set(['for', 'port', 'host', 'config', 'output']);

/**
 * Reads the flags of `candlelake stream`, and `--name`. Throws ConfigError for an unknown flag or a wrong
 * value.
 */
export function readCommandLine(args: readonly string[], environment: NodeJS.ProcessEnv): LocalSettings {
  const definitions = SETTING_KEYS.map((key) => SETTING_DEFINITIONS[key]).filter(({ sources }) =>
    sources.includes('flag'),
  );
  const options = Object.fromEntries(
    definitions.map(({ name, type }) => [
      name,
      { type: type.placeholder === null ? ('boolean' as const) : ('string' as const) },
    ]),
  );
  const { name = DEFAULT_NAME, ...flags } = parse(args, { ...options, name: { type: 'string' } });
  const settings = parseSettings({ flags, variables: environment });
  const given = Object.entries(flags).filter(([flag]) => !NOT_PASSED_ON.has(flag));
  const inherited = Object.entries(environment).filter(([variable]) => variable.startsWith('CANDLELAKE_'));
  return {
    settings,
    name: String(name),
    variables: Object.fromEntries([
      ...inherited,
      ...given.map(([flag, value]) => [variableName(flag), String(value)]),
    ]) as Record<string, string>,
  };
}

function parse(args: readonly string[], options: NonNullable<Parameters<typeof parseArgs>[0]>['options']) {
  try {
    return parseArgs({ args: [...args], options, allowNegative: true }).values as Record<
      string,
      string | boolean
    >;
  } catch (cause) {
    throw new ConfigError((cause as Error).message, { cause });
  }
}

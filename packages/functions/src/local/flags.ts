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
  /** The same as `CANDLELAKE_*` variables, as a deployment would set them. */
  readonly variables: Readonly<Record<string, string>>;
  /** What every resource is named after. */
  readonly name: string;
}

const DEFAULT_NAME = 'candlelake-local';
/** Of this machine, not of the pipeline: the processes get none of them. */
const OWN = new Set(['for', 'port', 'host', 'config', 'output']);

/** Reads the command line: the flags of `candlelake stream`, and `--name`. Throws ConfigError for what they do not allow. */
export function readFlags(args: readonly string[], environment: NodeJS.ProcessEnv): LocalSettings {
  const known = SETTING_KEYS.map((key) => SETTING_DEFINITIONS[key]).filter(({ sources }) =>
    sources.includes('flag'),
  );
  const options = Object.fromEntries(
    known.map(({ name, type }) => [
      name,
      { type: type.placeholder === null ? ('boolean' as const) : ('string' as const) },
    ]),
  );
  const { name = DEFAULT_NAME, ...flags } = parse(args, { ...options, name: { type: 'string' } });
  const settings = parseSettings({ flags, variables: environment });
  const given = Object.entries(flags).filter(([flag]) => !OWN.has(flag));
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

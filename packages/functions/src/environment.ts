import { ConfigError, parseSettings, type SettingKey, type Settings } from '@candlelake/core';
import type { VariableName } from './names.ts';

/**
 * Reads the settings from `CANDLELAKE_*` variables. Throws ConfigError for a wrong one, as the command line
 * does.
 */
export function readSettings(uses: readonly SettingKey[]): Settings {
  return parseSettings({ variables: process.env }, { uses });
}

/** The value of a variable that names a resource. Throws ConfigError when it is not set. */
export function readVariable(name: VariableName): string {
  const value = process.env[name];
  if (value) return value;
  throw new ConfigError(`${name}: not set, expected the name that the deployment gave the resource`);
}

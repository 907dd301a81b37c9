import { ConfigError, parseSettings, type SettingKey, type Settings } from '@candlelake/core';
import type { VariableName } from './names.ts';

/** The settings of the pipeline, by the schema of the command line. Throws ConfigError, one line, for a wrong one. */
export function readSettings(uses: readonly SettingKey[]): Settings {
  return parseSettings({ variables: process.env }, uses);
}

/** A resource's name. Throws ConfigError when the variable is not set. */
export function readVariable(name: VariableName): string {
  const value = process.env[name];
  if (value) return value;
  throw new ConfigError(`${name}: not set, expected the name that the deployment gave the resource`);
}

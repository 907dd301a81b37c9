import { SETTING_DEFINITIONS } from '@candlelake/core';

/** Options as the settings of a file. An unknown key stays, and is refused under its own name. */
export function namedSettings(options: object): Readonly<Record<string, unknown>> {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([key, value]) => [nameOf(key), value]));
}

function nameOf(key: string): string {
  return Object.hasOwn(SETTING_DEFINITIONS, key)
    ? SETTING_DEFINITIONS[key as keyof typeof SETTING_DEFINITIONS].name
    : key;
}

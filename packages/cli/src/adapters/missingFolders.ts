import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Makes a folder and the missing ones above it, one by one: with `recursive`, Node 24 tries forever in a
 * folder such as /proc, in which none can be made. Throws as the system does.
 */
export function makeMissingFolders(folder: string): void {
  const missing: string[] = [];
  for (let path = resolve(folder); !existsSync(path); path = dirname(path)) missing.push(path);
  for (const path of missing.reverse()) makeMissing(path);
}

/** Another process may have made the folder meanwhile. */
function makeMissing(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}

import { mkdirSync } from 'node:fs';
import module from 'node:module';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/**
 * Keeps compiled code for the next run: the benchmark `rest` measures what that saves. The folder is the
 * user's, because others can write to the one of temporary files, which is Node's default.
 */
export function keepCompiledCode() {
  if (process.env.NODE_COMPILE_CACHE || process.env.NODE_DISABLE_COMPILE_CACHE) return;
  const { XDG_CACHE_HOME: named = '' } = process.env;
  const caches = isAbsolute(named) ? named : join(homedir(), '.cache');
  const folder = join(caches, 'candlelake');
  // Without HOME the path is relative. The folders are made here, one by one: Node would make a missing home,
  // and try forever in /proc.
  if (!isAbsolute(folder) || !makeFolder(caches) || !makeFolder(folder)) return;
  module.enableCompileCache(folder);
  // The variable reaches threads and child processes.
  process.env.NODE_COMPILE_CACHE = folder;
}

function makeFolder(path) {
  try {
    mkdirSync(path, { mode: 0o700 });
    return true;
  } catch (error) {
    return error.code === 'EEXIST';
  }
}

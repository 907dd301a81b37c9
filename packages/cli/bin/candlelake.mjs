#!/usr/bin/env -S node --max-semi-space-size=2
import { mkdirSync } from 'node:fs';
import module from 'node:module';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

// A small young generation: the garbage of the pushes is collected early, so many symbols need less memory.
// This file is plain JavaScript, so that an old Node prints one line and no stack.
if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error(
    `candlelake needs Node 24, this is ${process.versions.node}: run it through npm ("npm start", "npx candlelake"), which brings its own.`,
  );
  process.exit(2);
}
keepCompiledCode();
await import('../src/main.ts');

/**
 * Keeps compiled code for the next run, whose first line then comes in half the time. The folder is the
 * user's, because others can write to the one of temporary files, which is Node's default.
 */
function keepCompiledCode() {
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

#!/usr/bin/env -S node --max-semi-space-size=2 --heap-growing-percent=50 --v8-pool-size=2
import { keepCompiledCode } from './compileCache.mjs';

// The program of the npm package, which runs its bundle. The flags are those of candlelake.mjs.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18) || major === 23) {
  console.error(
    `candlelake needs Node 22.18 or newer of 22, or Node 24, this is ${process.versions.node}: https://nodejs.org`,
  );
  process.exit(2);
}
// Node 22 warns that its SQLite is experimental.
const { emitWarning } = process;
process.emitWarning = (warning, ...rest) => {
  if (!String(warning).startsWith('SQLite is an experimental')) emitWarning.call(process, warning, ...rest);
};
keepCompiledCode();
await import(new URL('../dist/main.js', import.meta.url).href);

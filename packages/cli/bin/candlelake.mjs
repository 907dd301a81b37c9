#!/usr/bin/env -S node --max-semi-space-size=2 --heap-growing-percent=50 --v8-pool-size=2
import { keepCompiledCode } from './compileCache.mjs';

// A small young generation: the garbage of the pushes is collected early, so many symbols need less memory.
// The old one is collected when it has grown by half, not by three times what is in use. Each thread of V8's
// pool, four by default, keeps up to 10 MB that it once needed.
// This file is plain JavaScript, so that an old Node prints one line and no stack.
if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error(
    `candlelake needs Node 24, this is ${process.versions.node}: run it through npm ("npm start", "npx candlelake"), which brings its own.`,
  );
  process.exit(2);
}
keepCompiledCode();
await import('../src/main.ts');

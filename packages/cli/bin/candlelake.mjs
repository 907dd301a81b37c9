#!/usr/bin/env -S node --max-semi-space-size=2
// A small young generation: what a push leaves behind dies at once, and many symbols then need much less memory.
// Plain JavaScript, so that an old Node says one line instead of a stack.
if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error(
    `candlelake needs Node 24, this is ${process.versions.node}: run it through npm ("npm start", "npx candlelake"), which brings its own.`,
  );
  process.exit(2);
}
await import('../src/main.ts');

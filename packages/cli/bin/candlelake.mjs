#!/usr/bin/env node
// Plain JavaScript, so that an old Node says one line instead of a stack.
if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error(
    `candlelake needs Node 24, this is ${process.versions.node}: run it through npm ("npm start", "npx candlelake"), which brings its own.`,
  );
  process.exit(2);
}
await import('../src/main.ts');

import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

/** The flags in the first line of packages/cli/bin/candlelake.mjs. */
export const NODE_FLAGS = ['--max-semi-space-size=2', '--heap-growing-percent=50', '--v8-pool-size=2'];

/** The first line of a child's output. Throws when it ends before. */
export function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout! }).once('line', resolve);
    child.once('close', (code) => reject(new Error(`ended with ${code} before its first line`)));
  });
}

import { ConfigError } from '@candlelake/core';
import { CommanderError } from 'commander';
import type { Host } from './commands/host.ts';
import { createLines, printable } from './output/lines.ts';
import { createProgram } from './program.ts';

const host: Host = {
  lines: createLines(process.stdout, process.env),
  exit: (code) => process.exit(code),
};
const complaints = createLines(process.stderr, process.env);

// Open sockets and hanging requests must not keep a finished program alive.
process.exit(await run(process.argv.slice(2)));

/** Runs one command; resolves with the exit code: 0 done or stopped on request, 1 failed, 2 wrong usage. */
async function run(words: readonly string[]): Promise<number> {
  let code = 0;
  const program = createProgram(host, (done) => {
    code = done ? 0 : 1;
  });
  try {
    await program.parseAsync(words, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    complain(error);
    return error instanceof ConfigError ? 2 : 1;
  }
}

/** One line for what a user can mend; a fault of the program shows where it is. */
function complain(error: unknown): void {
  complaints.write(`error: ${printable(error instanceof Error ? error.message : String(error))}`);
  const isFault =
    error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
  if (isFault && error.stack) complaints.write(error.stack);
}

import { ConfigError } from '@candlelake/core';
import { CommanderError } from 'commander';
import type { CommandContext } from './commands/commandContext.ts';
import { createLines, printable } from './output/lines.ts';
import { createProgram } from './program.ts';

const context: CommandContext = {
  lines: createLines(process.stdout, process.env),
  exit: (code) => process.exit(code),
};
const errorLines = createLines(process.stderr, process.env);

// Exits although sockets may be open and requests may hang.
process.exit(await run(process.argv.slice(2)));

/** Runs one command. Resolves with the exit code: 0 done or stopped on request, 1 failed, 2 wrong usage. */
async function run(words: readonly string[]): Promise<number> {
  let code = 0;
  const program = createProgram(context, (done) => {
    code = done ? 0 : 1;
  });
  try {
    await program.parseAsync(words, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    reportError(error);
    return error instanceof ConfigError ? 2 : 1;
  }
}

/** Writes one line, and a stack trace when the error is a bug in the program. */
function reportError(error: unknown): void {
  errorLines.write(`error: ${printable(error instanceof Error ? error.message : String(error))}`);
  const isBug = error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
  if (isBug && error.stack) errorLines.write(error.stack);
}

import { setImmediate } from 'node:timers/promises';
import { ConfigError } from '@candlelake/core';
import { CommanderError } from 'commander';
import type { CommandContext } from './commands/commandContext.ts';
import { createLines, printable } from './output/lines.ts';
import { createProgram, FIRST_WORDS } from './program.ts';

let hasOutputFailed = false;
const errorLines = createLines(process.stderr, { environment: process.env });
const context: CommandContext = {
  lines: createLines(process.stdout, {
    environment: process.env,
    onError(error) {
      hasOutputFailed = true;
      errorLines.write(`error: output can't be written: ${printable(error.message)}`);
    },
  }),
  notes: errorLines,
  exit: (code) => process.exit(exitCode(code)),
};

// An error that no task handles is reported like any other, in one line.
process.on('uncaughtException', (error) => process.exit(report(error)));

const code = await run(process.argv.slice(2));
// A failed write is reported by the stream in a later turn of the event loop.
await setImmediate();
// Exits although sockets may be open and requests may hang.
process.exit(exitCode(code));

function exitCode(code: number): number {
  return code === 0 && hasOutputFailed ? 1 : code;
}

/** Runs one command. Resolves with the exit code: 0 done or stopped on request, 1 failed, 2 wrong usage. */
async function run(words: readonly string[]): Promise<number> {
  if (words.length === 0) {
    errorLines.write(FIRST_WORDS);
    return 2;
  }
  let code = 0;
  const program = createProgram(context, (done) => {
    code = done ? 0 : 1;
  });
  try {
    await program.parseAsync(words, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    return report(error);
  }
}

/** Writes one line, and a stack trace when the error is a bug in the program. Returns the exit code. */
function report(error: unknown): number {
  errorLines.write(`error: ${printable(error instanceof Error ? error.message : String(error))}`);
  const isBug = error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
  if (isBug && error.stack) errorLines.write(error.stack);
  return error instanceof ConfigError ? 2 : 1;
}

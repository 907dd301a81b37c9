import { ConfigError } from '@candlelake/core';
import { CommanderError } from 'commander';
import type { CommandContext } from './commands/commandContext.ts';
import { type Lines, printable } from './output/lines.ts';
import { createProgram, FIRST_WORDS } from './program.ts';

/** Runs one command. Resolves with the exit code: 0 done or stopped on request, 1 failed, 2 wrong usage. */
export async function runCommand(words: readonly string[], context: CommandContext): Promise<number> {
  if (words.length === 0) {
    context.notes.write(FIRST_WORDS);
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
    return reportError(error, context.notes);
  }
}

/** Writes one line, and a stack trace when the error is a bug in the program. Returns the exit code. */
export function reportError(error: unknown, lines: Lines): number {
  lines.write(`error: ${printable(error instanceof Error ? error.message : String(error))}`);
  const isBug = error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
  if (isBug && error.stack) lines.write(error.stack);
  return error instanceof ConfigError ? 2 : 1;
}

import { setImmediate } from 'node:timers/promises';
import type { CommandContext } from './commands/commandContext.ts';
import { createLines, printable } from './output/lines.ts';
import { reportError, runCommand } from './runCommand.ts';

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
process.on('uncaughtException', (error) => process.exit(reportError(error, errorLines)));

const code = await runCommand(process.argv.slice(2), context);
// A failed write is reported by the stream in a later turn of the event loop.
await setImmediate();
// Exits although sockets may be open and requests may hang.
process.exit(exitCode(code));

function exitCode(code: number): number {
  return code === 0 && hasOutputFailed ? 1 : code;
}

import { Command } from 'commander';
import type { CommandContext } from './commands/commandContext.ts';
import { addDataCommands } from './dataCommands.ts';
import {
  addFlags,
  COMMAND_FLAGS,
  readSettings,
  STORE_MARKET,
  settingsNote,
  settingsReader,
} from './flags.ts';
import { readVersion } from './version.ts';

const DESCRIPTION =
  'Keeps BingX candles complete: backfills, streams and repairs them, and builds TradingView-aligned bars with moving averages, crossovers and ATR in a Parquet lake.';

/** What a program without a command says. */
export const FIRST_WORDS = `candlelake keeps BingX candles complete, and builds bars from them in a Parquet lake.

Type one of these first:
  candlelake doctor                     check this machine and the way to the exchange
  candlelake stream --symbol BTC-USDT   stream into the folder bingx_data, until Ctrl-C
  candlelake status                     what is in that folder, and what keeps it
  candlelake --help                     all commands
  candlelake stream --help              the flags of one`;

/**
 * The command line. `onDone` is called with whether a command did all that it was asked for. The module of a
 * command is imported when the command runs: all of them take 40 MB and half a second.
 */
export function createProgram(context: CommandContext, onDone: (done: boolean) => void): Command {
  const program = new Command('candlelake')
    .description(DESCRIPTION)
    .version(readVersion())
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.lines.stream.write(text),
      writeErr: (text) => context.notes.stream.write(text),
      outputError: (text, write) => write(`${withoutPaths(text.trim().replace(/\s*\n\s*/g, ' '))}\n`),
    });
  addStream(program, context);
  addStatus(program, context);
  addDoctor(program, context, onDone);
  addBackfill(program, context, onDone);
  addAudit(program, context, onDone);
  addRepair(program, context, onDone);
  addCorrections(program, context);
  addDataCommands(program, context, onDone);
  return program;
}

/** The text with the origin of each address only: a mistyped flag must not show the secret of a webhook. */
function withoutPaths(text: string): string {
  return text.replace(/(https?:\/\/)(?:[^\s'"/@]*@)?([^\s'"/?#]*)[^\s'"]*/g, '$1$2');
}

function addStream(program: Command, context: CommandContext): void {
  const command = program
    .command('stream')
    .description('stream the live market, fill the history before it and derive the lake, until Ctrl-C')
    .addHelpText('after', settingsNote(COMMAND_FLAGS.stream));
  addFlags(command, COMMAND_FLAGS.stream).action(async () => {
    const settings = readSettings(command, COMMAND_FLAGS.stream);
    const { showAlignment: showsGrid, verifyBucket: time } = settings;
    if (showsGrid) {
      const { showAlignment } = await import('./commands/showAlignment.ts');
      showAlignment(settings, context.lines);
    }
    if (time !== null) {
      const { verifyBar } = await import('./commands/verifyBar.ts');
      await verifyBar(settings, time, context.lines);
    }
    if (showsGrid || time !== null) return;
    const { streamCandles } = await import('./commands/streamCandles.ts');
    await streamCandles(settings, context);
  });
}

function addStatus(program: Command, context: CommandContext): void {
  const command = program
    .command('status')
    .description('show what the output folder holds, how complete it is, and which processes keep it')
    .addHelpText('after', settingsNote(COMMAND_FLAGS.status));
  addFlags(command, COMMAND_FLAGS.status, WHOLE_STORE).action(async () => {
    const { showStatus } = await import('./commands/showStatus.ts');
    await showStatus(settingsReader(command, COMMAND_FLAGS.status), context);
  });
}

function addDoctor(program: Command, context: CommandContext, onDone: (done: boolean) => void): void {
  const command = program
    .command('doctor')
    .description(
      'check this machine, the way to the exchange, and what candlelake assumes of it; ends with 0 when all of it holds, else 1',
    )
    .addHelpText('after', settingsNote(COMMAND_FLAGS.doctor));
  addFlags(command, COMMAND_FLAGS.doctor).action(async () => {
    const { runDoctor } = await import('./commands/runDoctor.ts');
    onDone(await runDoctor(readSettings(command, COMMAND_FLAGS.doctor), context));
  });
}

function addBackfill(program: Command, context: CommandContext, onDone: (done: boolean) => void): void {
  const command = program
    .command('backfill')
    .description('fill a window from history and derive the lake; ends with 0 when it is settled, else 1')
    .addHelpText('after', settingsNote(COMMAND_FLAGS.backfill));
  addFlags(command, COMMAND_FLAGS.backfill, { ...STORE_MARKET, to: 'now' }).action(async () => {
    const { backfillWindow } = await import('./commands/backfillWindow.ts');
    onDone(await backfillWindow(settingsReader(command, COMMAND_FLAGS.backfill), context));
  });
}

/** Commands on a whole store: what their windows and symbols are without flags. */
const WHOLE_STORE = { ...STORE_MARKET, symbols: 'all in the store', from: 'the first day', to: 'the last' };

function addAudit(program: Command, context: CommandContext, onDone: (done: boolean) => void): void {
  const command = program
    .command('audit')
    .description(
      'count the slots of each symbol and day, and compare every object of the lake with the store; ends with 1 when something is damaged',
    )
    .addHelpText('after', settingsNote(COMMAND_FLAGS.audit));
  addFlags(command, COMMAND_FLAGS.audit, WHOLE_STORE).action(async () => {
    const { auditStore } = await import('./commands/auditStore.ts');
    onDone(await auditStore(settingsReader(command, COMMAND_FLAGS.audit), context));
  });
}

function addRepair(program: Command, context: CommandContext, onDone: (done: boolean) => void): void {
  const command = program
    .command('repair')
    .description(
      'mend what an audit finds: objects from the store, slots from history; prints its plan first; ends with 0 when nothing is left to mend, else 1',
    )
    .addHelpText('after', settingsNote(COMMAND_FLAGS.repair));
  addFlags(command, COMMAND_FLAGS.repair, WHOLE_STORE).action(async () => {
    const { repairStore } = await import('./commands/repairStore.ts');
    onDone(await repairStore(settingsReader(command, COMMAND_FLAGS.repair), context));
  });
}

function addCorrections(program: Command, context: CommandContext): void {
  const command = program
    .command('corrections')
    .description('list the final candles that were replaced: when, from what to what')
    .addHelpText('after', settingsNote(COMMAND_FLAGS.corrections));
  addFlags(command, COMMAND_FLAGS.corrections, WHOLE_STORE).action(async () => {
    const { listCorrections } = await import('./commands/listCorrections.ts');
    await listCorrections(settingsReader(command, COMMAND_FLAGS.corrections), context);
  });
}

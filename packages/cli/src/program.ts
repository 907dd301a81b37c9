import { readFileSync } from 'node:fs';
import { createClock } from '@candlelake/node';
import { Command } from 'commander';
import { showAlignment } from './commands/alignment.ts';
import { backfillWindow } from './commands/backfill.ts';
import type { Host } from './commands/host.ts';
import { importFile } from './commands/importFile.ts';
import { runStream } from './commands/stream.ts';
import { verifyBar } from './commands/verifyBar.ts';
import { addFlags, COMMAND_FLAGS, readSettings, settingsReader } from './flags.ts';

const DESCRIPTION =
  'Keeps BingX candles whole: backfills, streams, repairs, and builds TradingView-aligned bars with moving averages, crossovers and ATR in a Parquet lake.';

const SETTINGS_NOTE = `
Every flag is also a variable (--ma-short is CANDLELAKE_MA_SHORT) and a key of the JSON file that
--config names ("ma-short"): a flag beats a variable, a variable beats the file.
Every switch has its opposite (--debug, --no-debug). All times are UTC.`;

/** The command line. `onDone` hears whether a command did what it was asked for. */
export function createProgram(host: Host, onDone: (done: boolean) => void): Command {
  const program = new Command('candlelake')
    .description(DESCRIPTION)
    .version(readVersion())
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(`${text.trim().replace(/\s*\n\s*/g, ' ')}\n`) });
  addStream(program, host);
  addBackfill(program, host, onDone);
  addImport(program, host, onDone);
  return program;
}

function addStream(program: Command, host: Host): void {
  const command = program
    .command('stream')
    .description('stream the live market, fill the history before it, keep the lake; ends on Ctrl-C')
    .addHelpText('after', SETTINGS_NOTE);
  addFlags(command, COMMAND_FLAGS.stream).action(async () => {
    const settings = readSettings(command, COMMAND_FLAGS.stream);
    const { showAlignment: isGridAsked, verifyBucket: time } = settings;
    if (isGridAsked) showAlignment(settings, host.lines);
    if (time !== null) await verifyBar(settings, time, { ...host, clock: createClock(settings.clock) });
    if (!isGridAsked && time === null) await runStream(settings, host);
  });
}

function addBackfill(program: Command, host: Host, onDone: (done: boolean) => void): void {
  const command = program
    .command('backfill')
    .description('fill a window from history, settle and derive it, and end: 0 when settled, 1 when not')
    .addHelpText('after', SETTINGS_NOTE);
  addFlags(command, COMMAND_FLAGS.backfill).action(async () => {
    onDone(await backfillWindow(settingsReader(command, COMMAND_FLAGS.backfill), host));
  });
}

function addImport(program: Command, host: Host, onDone: (done: boolean) => void): void {
  const command = program
    .command('import')
    .argument(
      '<file>',
      'CSV with a header: open_time_ms,open,high,low,close,volume; other columns are ignored',
    )
    .description('bring candles of a CSV file into store and lake; finals of the exchange are kept')
    .addHelpText('after', SETTINGS_NOTE);
  addFlags(command, COMMAND_FLAGS.import);
  command.options.find(({ long }) => long === '--symbol')?.makeOptionMandatory();
  command.action(async (file: string) => {
    onDone(await importFile(file, settingsReader(command, COMMAND_FLAGS.import), host));
  });
}

function readVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return String(manifest.version);
}

import { TIME_UNITS } from '@candlelake/core';
import { type Command, Option } from 'commander';
import type { CommandContext } from './commands/commandContext.ts';
import type { CompareOptions } from './commands/compareChart.ts';
import type { ExportOptions } from './commands/exportLake.ts';
import type { ImportFileOptions } from './commands/importFile.ts';
import type { QueryOptions } from './commands/queryLake.ts';
import { EXPORT_FORMATS } from './export/exportFormats.ts';
import {
  addFlags,
  COMMAND_FLAGS,
  readSettings,
  STORE_MARKET,
  settingsNote,
  settingsReader,
} from './flags.ts';
import { QUERY_FORMATS } from './query/queryFormats.ts';

/** Adds the commands that bring candles into the lake and out of it. */
export function addDataCommands(
  program: Command,
  context: CommandContext,
  onDone: (done: boolean) => void,
): void {
  addImport(program, context, onDone);
  addQuery(program, context);
  addExport(program, context);
  addCompare(program, context, onDone);
  addReplay(program, context);
}

function addImport(program: Command, context: CommandContext, onDone: (done: boolean) => void): void {
  const command = program
    .command('import')
    .argument(
      '<file>',
      'CSV with or without a header, JSON arrays of candles, in a zip or packed with gzip too; or Feather',
    )
    .description('import candles from a file into store and lake; finals of the exchange are kept')
    .option('--columns <names>', 'columns that are not recognised: time=Date,open=Open, or by number: time=1')
    .addOption(
      new Option('--time-unit <unit>', 'unit of the times (default: recognised)').choices(TIME_UNITS),
    )
    .option('--dry-run', 'show the first rows as understood and what would change, and end')
    .addHelpText('after', settingsNote(COMMAND_FLAGS.import));
  addFlags(command, COMMAND_FLAGS.import, STORE_MARKET);
  requireSymbol(command, 'the symbol of the candles in the file (required)');
  command.action(async (file: string) => {
    const reader = settingsReader(command, COMMAND_FLAGS.import, ['symbols']);
    const { importFile } = await import('./commands/importFile.ts');
    onDone(await importFile(file, { ...command.opts<ImportFileOptions>(), readSettings: reader }, context));
  });
}

/** Describes a symbol that has no default. */
function requireSymbol(command: Command, description: string): void {
  command.options.find(({ long }) => long === '--symbol')!.description = description;
}

function addQuery(program: Command, context: CommandContext): void {
  const command = program
    .command('query')
    .argument(
      '[sql]',
      'statements of SQL; without one they are read from standard input, or typed at a prompt',
    )
    .description(
      'answer SQL over the lake with DuckDB; the tables are candles, bars and coverage, as in Athena',
    )
    .addOption(
      new Option('--format <format>', 'how rows are written').choices(QUERY_FORMATS).default('table'),
    )
    .option('-f, --file <file>', 'read the SQL from this file, such as queries/crossovers.sql')
    .option('--print-views', 'print the views as SQL for the duckdb shell and end')
    .addHelpText('after', settingsNote(COMMAND_FLAGS.query));
  addFlags(command, COMMAND_FLAGS.query).action(async (sql: string | undefined) => {
    const settings = readSettings(command, COMMAND_FLAGS.query);
    const { queryLake } = await import('./commands/queryLake.ts');
    await queryLake(sql, { ...command.opts<QueryOptions>(), settings }, context);
  });
}

function addExport(program: Command, context: CommandContext): void {
  const command = program
    .command('export')
    .description('write the candles or bars of a symbol to a file for another program')
    .addOption(new Option('--format <format>', 'kind of file').choices(EXPORT_FORMATS).default('csv'))
    .option('--timeframe <timeframe>', 'bars of this timeframe (default: candles)')
    .option('--fill', 'add flat rows where nothing traded, with 1 in a column "filled"')
    .option('--target <path>', 'file to write, or data folder of freqtrade (default: standard output)')
    .addHelpText('after', settingsNote(COMMAND_FLAGS.export));
  addFlags(command, COMMAND_FLAGS.export, { ...STORE_MARKET, from: 'the first day', to: 'the last' });
  requireSymbol(command, 'the symbol to export (required), or symbols for freqtrade');
  command.action(async () => {
    const { readLakeOptions } = await import('./commands/readStore.ts');
    const settings = await readLakeOptions(settingsReader(command, COMMAND_FLAGS.export, ['symbols']));
    const { exportLake } = await import('./commands/exportLake.ts');
    await exportLake({ ...command.opts<ExportOptions>(), settings }, context);
  });
}

function addCompare(program: Command, context: CommandContext, onDone: (done: boolean) => void): void {
  const command = program
    .command('compare')
    .argument('<file>', 'chart that TradingView exported, as CSV')
    .description('compare a chart with the lake bar by bar; ends with 0 when they are equal, else 1')
    .option('--timeframe <timeframe>', 'timeframe of the chart (default: the interval of the candles)')
    .option('--tolerance <fraction>', 'largest difference of equal values, as a fraction', '1e-8')
    .addHelpText('after', settingsNote(COMMAND_FLAGS.compare));
  addFlags(command, COMMAND_FLAGS.compare, STORE_MARKET);
  requireSymbol(command, 'the symbol of the chart (required)');
  command.action(async (file: string) => {
    const { readLakeOptions } = await import('./commands/readStore.ts');
    const settings = await readLakeOptions(settingsReader(command, COMMAND_FLAGS.compare, ['symbols']));
    const { compareChart } = await import('./commands/compareChart.ts');
    onDone(await compareChart(file, { ...command.opts<CompareOptions>(), settings }, context));
  });
}

function addReplay(program: Command, context: CommandContext): void {
  const command = program
    .command('replay')
    .description('send the stored candles as a live stream of events: one JSON object a line, in time order')
    .addHelpText('after', settingsNote(COMMAND_FLAGS.replay));
  const all = 'all in the store';
  const defaults = { ...STORE_MARKET, symbols: all, timeframes: all, from: 'the first slot', to: 'the last' };
  addFlags(command, COMMAND_FLAGS.replay, defaults).action(async () => {
    const { replayStore } = await import('./commands/replayStore.ts');
    await replayStore(settingsReader(command, COMMAND_FLAGS.replay), context);
  });
}

import { Command, InvalidArgumentError } from 'commander';
import { parseClock } from './clock.ts';
import { createContractListing } from './contractListing.ts';
import type { Faults } from './faults.ts';
import { faultsFromJson } from './faultsFromJson.ts';
import type { Instrument } from './instrument.ts';
import { DEFAULT_RATE_LIMITS, type RateLimits } from './rateLimit.ts';
import { readRecordedInstrument } from './recorded.ts';
import { type RunningRecording, startRecording } from './recording/startRecording.ts';
import type { RunningExchange } from './running.ts';
import { type ExchangeOptions, startExchange } from './server.ts';
import { createSyntheticInstrument, RECORDED_UPDATES_PER_SECOND, syntheticSymbols } from './synthetic.ts';

interface Flags {
  readonly port: number;
  readonly symbol: readonly string[];
  readonly symbols?: number;
  readonly candles: readonly string[];
  readonly seed: number;
  readonly quietShare?: number;
  readonly quietRows: 'absent' | 'flat' | 'mixed';
  readonly updatesPerSecond: number;
  readonly listing?: true;
  /** Requests in a window for each endpoint; false for no limit. */
  readonly rateLimit?: number | false;
  /** Length of the window in seconds. */
  readonly rateWindow: number;
  /** Whether answers announce the window. */
  readonly rateHeaders: boolean;
  readonly faults: Partial<Faults>;
  readonly control?: true;
  readonly json?: true;
  readonly recording?: string;
}

/** Added to the seed for the spot market. */
const SPOT_SEED = 1_000_000;

const QUIET_ROWS = ['absent', 'flat'] as const;

const command = new Command('candlelake-exchange')
  .description(
    'A stand-in for the swap and spot markets of BingX on 127.0.0.1. CANDLELAKE_CLOCK replaces its clock.',
  )
  .option('--port <number>', 'port; 0 picks a free one', wholeNumber, 0)
  .option('--symbol <list>', 'symbols, separated by commas', symbolList, ['BTC-USDT'])
  .option('--symbols <number>', 'this many synthetic symbols instead', wholeNumber)
  .option('--listing', 'list the 1,269 contracts of the recorded list beside them')
  .option(
    '--candles <file>',
    'recorded candles (CSV) of the first symbol; repeat it for the next one',
    collect,
    [],
  )
  .option('--recording <folder>', 'replay what "candlelake doctor --record" kept, in place of a market')
  .option('--seed <number>', 'seed of the synthetic markets', wholeNumber, 1)
  .option('--quiet-share <share>', 'share of the minutes without a trade, 0 to 1 (default: by symbol)', share)
  .option(
    '--quiet-rows <habit>',
    'what history shows for them: absent, flat, or mixed (alternating)',
    quietHabit,
    'absent',
  )
  .option(
    '--updates-per-second <number>',
    'frames a second for each symbol',
    positive,
    RECORDED_UPDATES_PER_SECOND,
  )
  .option('--rate-limit <requests>', 'requests in a window for each endpoint (default: 500)', wholeNumber)
  .option('--rate-window <seconds>', 'length of that window', wholeNumber, 10)
  .option('--no-rate-headers', 'do not announce the window in the headers of answers')
  .option('--no-rate-limit', 'answer any number of requests')
  .option('--faults <json>', 'faults as JSON, such as {"vanishingNewest":0.2}; see faults.ts', faultsText, {})
  .option('--control', 'answer GET and POST /control; see control.ts')
  .option('--json', 'print the addresses as one line of JSON')
  .showSuggestionAfterError(false)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

await run(command.parse().opts<Flags>());

async function run(flags: Flags): Promise<void> {
  const exchange = await start(flags).catch((error: NodeJS.ErrnoException) => {
    const isTaken = error.code === 'EADDRINUSE';
    const inUse = `--port "${flags.port}": in use on 127.0.0.1, expected a free one; 0 picks one`;
    console.error(`error: ${isTaken ? inUse : error.message}`);
    process.exit(isTaken ? 2 : 1);
  });
  const { restUrl, wsUrl } = exchange;
  const spot = 'spotWsUrl' in exchange ? { spotWsUrl: exchange.spotWsUrl } : {};
  const addresses = [restUrl, wsUrl, ...Object.values(spot)];
  console.log(
    flags.json ? JSON.stringify({ restUrl, wsUrl, ...spot }) : `exchange-sim: ${addresses.join(' ')}`,
  );
  if (!flags.json && 'startedAt' in exchange) console.log(replayHint(exchange));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void exchange.close().then(() => process.exit(0)));
  }
}

async function start(flags: Flags): Promise<RunningExchange | RunningRecording> {
  const { recording: folder, port } = flags;
  if (folder === undefined) return startExchange(optionsOf(flags));
  return startRecording({ folder, port, clock: parseClock(process.env.CANDLELAKE_CLOCK) });
}

/** Frames come at their recorded times, so both programs need the clock of the recording. */
function replayHint({ startedAt }: RunningRecording): string {
  return `recorded at ${new Date(startedAt).toISOString()}; for its frames start this and candlelake with CANDLELAKE_CLOCK=<epoch ms of now>:${startedAt}:1`;
}

function optionsOf(flags: Flags): ExchangeOptions {
  try {
    const clock = parseClock(process.env.CANDLELAKE_CLOCK);
    const instruments = instrumentsOf(flags);
    return {
      port: flags.port,
      clock,
      spot: spotOf(flags),
      instruments: flags.listing ? [...instruments, ...listedBeside(instruments, clock.now())] : instruments,
      faults: flags.faults,
      control: flags.control ?? false,
      rateLimits: rateLimitsOf(flags),
    };
  } catch (error) {
    return command.error(`error: ${(error as Error).message}`);
  }
}

function rateLimitsOf({ rateLimit, rateWindow, rateHeaders }: Flags): RateLimits | null {
  if (rateLimit === false) return null;
  if (rateWindow < 1) throw new Error('--rate-window "0": expected a whole number of seconds from 1');
  const [recorded] = DEFAULT_RATE_LIMITS.windows;
  const window = { windowMs: rateWindow * 1_000, requests: rateLimit ?? recorded!.requests };
  return { ...DEFAULT_RATE_LIMITS, windows: [window], announces: rateHeaders };
}

/** The contracts of the recorded list whose symbols are not taken. */
function listedBeside(instruments: readonly Instrument[], now: number): readonly Instrument[] {
  const taken = new Set(instruments.map(({ symbol }) => symbol));
  return createContractListing({ now }).filter(({ symbol }) => !taken.has(symbol));
}

function instrumentsOf(flags: Flags): readonly Instrument[] {
  const { seed, quietRows, updatesPerSecond } = flags;
  const symbols = flags.symbols === undefined ? flags.symbol : syntheticSymbols(flags.symbols);
  if (flags.candles.length > symbols.length)
    throw new Error('more --candles than symbols, expected one symbol for each');
  const quiet = flags.quietShare === undefined ? {} : { quietShare: flags.quietShare };
  return symbols.map((symbol, index) => {
    const file = flags.candles[index];
    if (file !== undefined) return readRecordedInstrument({ symbol, file, updatesPerSecond });
    const habit = quietRows === 'mixed' ? QUIET_ROWS[index % 2]! : quietRows;
    return createSyntheticInstrument({ symbol, seed, quietRows: habit, updatesPerSecond, ...quiet });
  });
}

/** The spot symbols of the same names, with other prices. */
function spotOf(flags: Flags): readonly Instrument[] {
  return instrumentsOf({ ...flags, seed: flags.seed + SPOT_SEED, candles: [] });
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Expected a whole number.');
  return Number(text);
}

function positive(text: string): number {
  if (!(Number(text) > 0 && Number(text) <= 100))
    throw new InvalidArgumentError('Expected a number above 0, up to 100.');
  return Number(text);
}

function share(text: string): number {
  if (!/^(0(\.\d+)?|1(\.0+)?)$/.test(text)) throw new InvalidArgumentError('Expected a number from 0 to 1.');
  return Number(text);
}

function quietHabit(text: string): string {
  if (![...QUIET_ROWS, 'mixed'].includes(text))
    throw new InvalidArgumentError('Expected absent, flat or mixed.');
  return text;
}

function faultsText(text: string): Partial<Faults> {
  try {
    return faultsFromJson(JSON.parse(text));
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

function symbolList(text: string): readonly string[] {
  const symbols = text.split(',').map((symbol) => symbol.trim());
  const wrong = symbols.find((symbol) => !/^[A-Z0-9]+-[A-Z]+$/.test(symbol));
  if (wrong !== undefined)
    throw new InvalidArgumentError(`"${wrong}" is no symbol, expected one like BTC-USDT.`);
  return symbols;
}

function collect(file: string, files: readonly string[]): readonly string[] {
  return [...files, file];
}

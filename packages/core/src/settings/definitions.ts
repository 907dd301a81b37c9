import { MARKETS, type Market } from '../domain/candle/candle.ts';
import type { Interval } from '../domain/time/interval.ts';
import type { EpochMs } from '../domain/time/time.ts';
import {
  type ClockSetting,
  clockValue,
  decimalNumber,
  durationValue,
  instantValue,
  intervalValue,
  oneOf,
  secretUrlValue,
  switchValue,
  symbolsValue,
  textValue,
  timeframesValue,
  urlValue,
  type ValueType,
  wholeNumber,
} from './values.ts';

/** Where a setting may come from. */
export type SettingSource = 'flag' | 'variable' | 'file';

/** One setting, the same on the command line, as a variable, in a file and on AWS. */
export interface SettingDefinition<T> {
  /** The flag without its dashes. The variable is `CANDLELAKE_` and the same words in capitals. */
  readonly name: string;
  readonly type: ValueType<T>;
  /** The default, read like a flag's value; null for none. */
  readonly fallback: string | null;
  /** One line of `--help`, with units. */
  readonly help: string;
  readonly sources: readonly SettingSource[];
}

/** All settings with their values. Times are epoch ms, UTC. */
export interface Settings {
  readonly market: Market;
  readonly symbols: readonly string[];
  readonly interval: Interval;
  /** In minutes, ascending. */
  readonly timeframes: readonly number[];
  readonly historyDays: number;
  readonly backfill: boolean;
  readonly gapFill: boolean;
  readonly from: EpochMs | null;
  readonly to: EpochMs | null;
  readonly output: string;
  readonly memoryMapped: boolean;
  readonly maShort: number;
  readonly maLong: number;
  readonly ma: boolean;
  readonly atrPeriod: number;
  readonly atr: boolean;
  readonly skipPartial: boolean;
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  readonly restUrl: string;
  readonly wsUrl: string;
  /** The most requests a second, of all processes together. Without announced limits it is one at most. */
  readonly requestsPerSecond: number;
  /** The address may hold a secret. */
  readonly alertWebhook: string | null;
  readonly alertFormat: AlertFormat;
  readonly alertCommand: string | null;
  /** Real milliseconds. */
  readonly forMs: number | null;
  readonly until: EpochMs | null;
  readonly debug: boolean;
  readonly logFormat: 'text' | 'json';
  readonly showAlignment: boolean;
  readonly verifyBucket: EpochMs | null;
  readonly all: boolean;
  readonly json: boolean;
  readonly requireComplete: boolean;
  readonly againstExchange: boolean;
  readonly dryRun: boolean;
  readonly rebuildStore: boolean;
  readonly record: string | null;
  /** Times real time; 0: as fast as possible. */
  readonly speed: number;
  readonly config: string | null;
  readonly clock: ClockSetting | null;
}

/** What a webhook expects to receive. */
export const ALERT_FORMATS = ['json', 'discord', 'slack', 'telegram'] as const;
export type AlertFormat = (typeof ALERT_FORMATS)[number];

export type SettingKey = keyof Settings;

/** BingX's address for REST, of all markets. Source: BingX API docs, base URLs. */
export const BINGX_REST_URL = 'https://open-api.bingx.com';
/**
 * The same service under another domain, used when the first can't be reached. Source: BingX API docs, base
 * URLs.
 */
export const BINGX_FALLBACK_URL = 'https://open-api.bingx.pro';
/** Source: docs/bingx.md, "WebSocket" and "Spot". */
export const BINGX_WS_URLS: Readonly<Record<Market, string>> = {
  swap: 'wss://open-api-swap.bingx.com/swap-market',
  spot: 'wss://open-api-ws.bingx.com/market',
};

/** Limit of an indicator's period: a checkpoint stores as many closes. */
const MAX_PERIOD = 10_000;
const MAX_HISTORY_DAYS = 10_000;
const MAX_PORT = 65_535;

/** Six requests a minute: enough for the 1m candles of a few symbols. */
const MIN_REQUESTS_PER_SECOND = 0.1;
/** Half of the window that was recorded: 500 requests in 10 s. Source: docs/bingx.md, "Rate limits". */
const MAX_REQUESTS_PER_SECOND = 25;

/** A day in less than a tenth of a second: faster than days are read. */
const MAX_SPEED = 1_000_000;

const EVERYWHERE: readonly SettingSource[] = ['flag', 'variable', 'file'];

function define<T>(
  name: string,
  type: ValueType<T>,
  fallback: string | null,
  help: string,
  sources: readonly SettingSource[] = EVERYWHERE,
): SettingDefinition<T> {
  return { name, type, fallback, help, sources };
}

/** A switch of a command, which is off and only a flag. */
function defineSwitch(name: string, help: string): SettingDefinition<boolean> {
  return define(name, switchValue, 'false', help, ['flag']);
}

const alertFormatValue = { ...oneOf(ALERT_FORMATS), placeholder: 'format' };
const period = wholeNumber(1, MAX_PERIOD, 'bars');

/** The schema of all settings. */
export const SETTING_DEFINITIONS: {
  readonly [K in SettingKey]: SettingDefinition<NonNullable<Settings[K]>>;
} = {
  market: define('market', oneOf(MARKETS), 'swap', 'perpetual contracts, or spot'),
  symbols: define('symbol', symbolsValue, 'BTC-USDT', 'symbols, comma separated'),
  interval: define('interval', intervalValue, '3m', 'interval of the candles'),
  timeframes: define('timeframe', timeframesValue, '21m', 'timeframes of the bars: 21m,1h'),
  historyDays: define(
    'history-days',
    wholeNumber(0, MAX_HISTORY_DAYS, 'days'),
    '3',
    'days of history to fill; 0 is today',
  ),
  backfill: define('backfill', switchValue, 'true', 'fill the history before streaming'),
  gapFill: define('gap-fill', switchValue, 'true', 'repair gaps while streaming'),
  from: define('from', instantValue, null, 'start of the window'),
  to: define('to', instantValue, null, 'end of the window, exclusive'),
  output: define(
    'output',
    textValue('the path of a folder', 'folder'),
    'bingx_data',
    'folder of store and lake',
  ),
  memoryMapped: define('memory-mapped', switchValue, 'false', 'read the store through a memory map'),
  maShort: define('ma-short', period, '3', 'bars of the short average'),
  maLong: define('ma-long', period, '7', 'bars of the long average'),
  ma: define('ma', switchValue, 'true', 'write averages, crossovers and trend'),
  atrPeriod: define('atr-period', period, '14', 'bars of the average true range'),
  atr: define('atr', switchValue, 'true', 'write true range and its average'),
  skipPartial: define(
    'skip-partial',
    switchValue,
    'false',
    'leave bars with missing candles out of the lake',
  ),
  host: define(
    'host',
    textValue('an address to listen on', 'address'),
    '127.0.0.1',
    'address of the HTTP server',
  ),
  port: define('port', wholeNumber(0, MAX_PORT, 'port'), '0', 'port of the HTTP server; 0: any'),
  restUrl: define(
    'rest-url',
    urlValue(['https:', 'http:']),
    BINGX_REST_URL,
    "address of the exchange's REST",
  ),
  /** Its default is the address of the market. */
  wsUrl: define('ws-url', urlValue(['wss:', 'ws:']), BINGX_WS_URLS.swap, 'address of its WebSocket'),
  requestsPerSecond: define(
    'requests-per-second',
    decimalNumber(MIN_REQUESTS_PER_SECOND, MAX_REQUESTS_PER_SECOND, 'rate'),
    '10',
    'most requests a second, 0.1 to 25',
  ),
  alertWebhook: define('alert-webhook', secretUrlValue, null, 'post crossovers to this address'),
  alertFormat: define('alert-format', alertFormatValue, 'json', 'json, discord, slack or telegram'),
  alertCommand: define(
    'alert-command',
    textValue('a program with its arguments', 'command'),
    null,
    'run this for each crossover',
  ),
  forMs: define('for', durationValue, null, 'stop after this much real time, such as 90s'),
  until: define('until', instantValue, null, 'stop when all before this instant is settled'),
  debug: define('debug', switchValue, 'false', 'also print debug events'),
  logFormat: define('log-format', oneOf(['text', 'json']), 'text', 'readable lines, or JSON lines'),
  showAlignment: define('show-alignment', switchValue, 'false', 'print the grid of the timeframes and end', [
    'flag',
  ]),
  verifyBucket: define('verify-bucket', instantValue, null, 'print the bar of this minute and end', ['flag']),
  all: defineSwitch('all', 'also print the days that are complete'),
  json: defineSwitch('json', 'print one JSON object'),
  requireComplete: defineSwitch('require-complete', 'end with 1 unless each slot is final or quiet'),
  againstExchange: defineSwitch('against-exchange', 'compare with history, by default 3 days of it'),
  dryRun: defineSwitch('dry-run', 'print the plan and end'),
  rebuildStore: defineSwitch('rebuild-store', 'make a new store from the lake and history'),
  record: define(
    'record',
    textValue('the path of an empty folder', 'folder'),
    null,
    'keep what is received in this folder',
    ['flag'],
  ),
  speed: define(
    'speed',
    decimalNumber(0, MAX_SPEED, 'times'),
    '0',
    'times real time; 0: as fast as possible',
    ['flag'],
  ),
  config: define(
    'config',
    textValue('the path of a JSON file', 'file'),
    null,
    'read settings from this JSON file',
    ['flag', 'variable'],
  ),
  clock: define('clock', clockValue, null, 'clock of a simulation', ['variable']),
};

export const SETTING_KEYS = Object.keys(SETTING_DEFINITIONS) as readonly SettingKey[];

export const VARIABLE_PREFIX = 'CANDLELAKE_';

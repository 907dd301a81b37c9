import { ConfigError, lakeSettingsOf, parseSettings, type SettingSources } from '@candlelake/core';
import { describe, expect, it } from 'vitest';

const SIMULATED = { 'rest-url': 'http://127.0.0.1:1', 'ws-url': 'ws://127.0.0.1:1/x' };

function problemOf(sources: SettingSources): string {
  try {
    parseSettings(sources);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return 'none';
}

describe('the defaults', () => {
  // Names and values of the predecessor's flags, from its documentation; the new ones as docs/commands.md
  // lists them.
  const DEFAULTS = {
    symbols: ['BTC-USDT'],
    interval: '3m',
    timeframes: [21],
    historyDays: 3,
    backfill: true,
    gapFill: true,
    output: 'bingx_data',
    maShort: 3,
    maLong: 7,
    ma: true,
    atrPeriod: 14,
    atr: true,
    memoryMapped: false,
    skipPartial: false,
    host: '127.0.0.1',
    port: 0,
    requestsPerSecond: 10,
    debug: false,
  };

  it('are those of the documentation', () => {
    expect(parseSettings({})).toMatchObject(DEFAULTS);
  });

  it('stay as they are when another flag is given (predecessor fault 46)', () => {
    for (const flags of [{ debug: true }, { output: 'elsewhere' }, { symbol: ['ETH-USDT'] }]) {
      expect(parseSettings({ flags })).toMatchObject({
        maShort: 3,
        maLong: 7,
        atrPeriod: 14,
        historyDays: 3,
      });
    }
  });

  it('take --history-days 0 as today, not as the default (predecessor fault 26)', () => {
    expect(parseSettings({ flags: { 'history-days': '0' } }).historyDays).toBe(0);
    expect(parseSettings({ file: { path: 'f', content: { 'history-days': 0 } } }).historyDays).toBe(0);
    expect(parseSettings({ variables: { CANDLELAKE_HISTORY_DAYS: '0' } }).historyDays).toBe(0);
  });
});

describe('the market', () => {
  it('chooses the address of the stream, unless one is given', () => {
    expect(parseSettings({})).toMatchObject({
      market: 'swap',
      wsUrl: 'wss://open-api-swap.bingx.com/swap-market',
    });
    const spot = { market: 'spot', wsUrl: 'wss://open-api-ws.bingx.com/market' };
    expect(parseSettings({ flags: { market: 'spot' } })).toMatchObject(spot);
    expect(parseSettings({ variables: { CANDLELAKE_MARKET: 'spot' } })).toMatchObject(spot);
    const flags = { market: 'spot', 'ws-url': 'ws://127.0.0.1:1/x' };
    expect(parseSettings({ flags }).wsUrl).toBe('ws://127.0.0.1:1/x');
    expect(problemOf({ flags: { market: 'futures' } })).toBe('--market "futures": expected swap or spot');
  });

  it('that a store holds replaces the default only', () => {
    const held = { market: 'spot', symbols: ['ETH-USDT'] } as const;
    expect(parseSettings({ held })).toMatchObject({ market: 'spot', symbols: ['ETH-USDT'] });
    const given = parseSettings({ held, flags: { market: 'swap', symbol: ['BTC-USDT'] } });
    expect(given).toMatchObject({ market: 'swap', symbols: ['BTC-USDT'] });
  });
});

describe('the order of the sources', () => {
  const file = { path: 'lake.json', content: { 'ma-short': 4, 'ma-long': 40, 'atr-period': 44 } };
  const variables = { CANDLELAKE_MA_SHORT: '5', CANDLELAKE_MA_LONG: '50', HOME: '/home/me' };
  const flags = { 'ma-short': '6' };
  const recorded = {
    ...lakeSettingsOf(parseSettings({ flags: { 'skip-partial': true } })),
    timeframes: [60],
    periods: { maShort: 1, maLong: 2, atr: 3 },
  };

  it('is flag, variable, file, settings recorded in the store, default', () => {
    expect(parseSettings({ file, variables, flags, recorded })).toMatchObject({
      maShort: 6,
      maLong: 50,
      atrPeriod: 44,
      timeframes: [60],
      skipPartial: true,
      historyDays: 3,
    });
  });

  it.each(['', ' '])(
    'takes a variable with the value %j as not set, as Docker Compose passes it',
    (value) => {
      const empty = { CANDLELAKE_PORT: value, CANDLELAKE_SYMBOL: value, CANDLELAKE_CONFIG: value };
      expect(parseSettings({ variables: empty })).toEqual(parseSettings({}));
      const switches = { CANDLELAKE_DEBUG: value, CANDLELAKE_NO_MA: value, CANDLELAKE_CLOCK: value };
      expect(parseSettings({ variables: switches })).toEqual(parseSettings({}));
      expect(parseSettings({ file, variables: { CANDLELAKE_MA_SHORT: value } }).maShort).toBe(4);
    },
  );

  it('lets a switch be turned off again by a stronger source', () => {
    const on = { path: 'f', content: { debug: true, noMa: true } };
    expect(parseSettings({ file: on })).toMatchObject({ debug: true, ma: false });
    expect(parseSettings({ file: on, flags: { debug: false, ma: true } })).toMatchObject({
      debug: false,
      ma: true,
    });
    expect(parseSettings({ file: on, variables: { CANDLELAKE_NO_MA: 'false' } }).ma).toBe(true);
  });

  it('reads keys of a file in camel case and with hyphens, lists as text and as arrays', () => {
    const read = (content: unknown) => parseSettings({ file: { path: 'f', content } });
    expect(read({ historyDays: 1 }).historyDays).toBe(1);
    expect(read({ 'history-days': '1' }).historyDays).toBe(1);
    expect(read({ symbol: ['A-USDT', 'B-USDT'] }).symbols).toEqual(['A-USDT', 'B-USDT']);
    expect(read({ symbol: 'A-USDT, B-USDT' }).symbols).toEqual(['A-USDT', 'B-USDT']);
  });
});

it('a number with decimals is read as text and as a JSON number, from 0.1 to 25', () => {
  const read = (value: unknown) =>
    parseSettings({ file: { path: 'f', content: { requestsPerSecond: value } } }).requestsPerSecond;
  expect([0.1, '0.5', 2.125, '25'].map(read)).toEqual([0.1, 0.5, 2.125, 25]);
});

describe('lists', () => {
  it('come from commas and from repeated flags, without repeats', () => {
    const flags = { symbol: ['A-USDT,B-USDT', 'C-USDT', 'A-USDT'], timeframe: ['1h,21m', '60m'] };
    expect(parseSettings({ flags })).toMatchObject({
      symbols: ['A-USDT', 'B-USDT', 'C-USDT'],
      timeframes: [21, 60],
    });
  });

  it('take an interval in any spelling of its length', () => {
    const flags = { interval: '60m', timeframe: ['2h'] };
    expect(parseSettings({ flags })).toMatchObject({ interval: '1h', timeframes: [120] });
  });
});

describe('a wrong value is refused with what, the value and what was expected', () => {
  const WHOLE = 'expected a whole number from';
  const RATE = 'expected a number from 0.1 to 25 with at most three decimals';
  const FLAGS: readonly [flag: string, value: unknown, message: string][] = [
    ['ma-short', '0', `--ma-short "0": ${WHOLE} 1 to 10000`],
    ['ma-short', '2.5', `--ma-short "2.5": ${WHOLE} 1 to 10000`],
    ['ma-long', 'many', `--ma-long "many": ${WHOLE} 1 to 10000`],
    ['ma-long', '', `--ma-long "": ${WHOLE} 1 to 10000`],
    ['atr-period', '-1', `--atr-period "-1": ${WHOLE} 1 to 10000`],
    ['history-days', '1e3', `--history-days "1e3": ${WHOLE} 0 to 10000`],
    ['port', '65536', `--port "65536": ${WHOLE} 0 to 65535`],
    ['requests-per-second', '0.05', `--requests-per-second "0.05": ${RATE}`],
    ['requests-per-second', '25.001', `--requests-per-second "25.001": ${RATE}`],
    ['requests-per-second', '1e1', `--requests-per-second "1e1": ${RATE}`],
    ['interval', '4m', '--interval "4m": expected one of 1m, 3m, 5m, 15m, 30m, 1h, 2h, 4h, 6h, 8h, 12h, 1d'],
    [
      'symbol',
      ['btc-usdt'],
      '--symbol "btc-usdt": expected symbols in capitals with a hyphen, such as BTC-USDT,ETH-USDT',
    ],
    [
      'symbol',
      ['BTC-USDT,,'],
      '--symbol "BTC-USDT,,": expected symbols in capitals with a hyphen, such as BTC-USDT,ETH-USDT',
    ],
    ['timeframe', ['21'], '--timeframe "21": expected timeframes such as 21m or 1h, of at most 1440m'],
    [
      'timeframe',
      ['20m'],
      '--timeframe: timeframe "20m" is not a multiple of the interval "3m"; the nearest that can be built: "18m" and "21m"',
    ],
    ['rest-url', 'ftp://x', '--rest-url "ftp://x": expected an address that begins with https:// or http://'],
    ['ws-url', 'http://x', '--ws-url "http://x": expected an address that begins with wss:// or ws://'],
    ['for', '90', '--for "90": expected a duration such as 90s, 5m or 2h'],
    ['for', '0s', '--for "0s": expected a duration such as 90s, 5m or 2h'],
    [
      'until',
      '2026-02-30',
      '--until "2026-02-30": expected a UTC date or time such as 2026-11-22 or 2026-11-22T12:00Z',
    ],
    ['log-format', 'xml', '--log-format "xml": expected text or json'],
    ['output', '', '--output "": expected the path of a folder'],
    ['ma-short', '9\n\u001b[31m', `--ma-short "9\\n\\u001b[31m": ${WHOLE} 1 to 10000`],
  ];

  it.each(FLAGS)('--%s %j', (flag, value, message) => {
    expect(problemOf({ flags: { [flag]: value } })).toBe(message);
  });

  it('names the variable, or the key and the file', () => {
    expect(problemOf({ variables: { CANDLELAKE_PORT: 'x' } })).toBe(
      'CANDLELAKE_PORT "x": expected a whole number from 0 to 65535',
    );
    expect(problemOf({ file: { path: 'lake.json', content: { atr: 'yes' } } })).toBe(
      '"atr" in lake.json "yes": expected true or false',
    );
  });

  it('names both ends of a contradiction', () => {
    expect(problemOf({ flags: { 'ma-short': '7' } })).toBe(
      '--ma-short "7": expected less than the "7" of --ma-long',
    );
    expect(problemOf({ flags: { interval: '5m' } })).toBe(
      '--timeframe: timeframe "21m" is not a multiple of the interval "5m"; the nearest that can be built: "20m" and "25m"',
    );
    expect(problemOf({ flags: { from: '2026-11-22', to: '2026-11-22' } })).toBe(
      '--to "2026-11-22T00:00Z": expected a time after the "2026-11-22T00:00Z" of --from',
    );
  });
});

describe('an unknown name is refused', () => {
  it('in a file, as a variable, and in a source that may not set it', () => {
    expect(problemOf({ file: { path: 'lake.json', content: { symbols: 'A-B' } } })).toMatch(
      /^"symbols" in lake.json: no such setting, expected one of market, symbol, interval, /,
    );
    expect(problemOf({ variables: { CANDLELAKE_SYMBOLS: 'A-B' } })).toMatch(
      /^CANDLELAKE_SYMBOLS: no such setting, expected one of CANDLELAKE_MARKET, CANDLELAKE_SYMBOL, /,
    );
    expect(problemOf({ variables: { CANDLELAKE_symbol: 'A-B' } })).toMatch(/no such setting/);
    expect(problemOf({ file: { path: 'f', content: { clock: '1:1:1' } } })).toMatch(/no such setting/);
    expect(problemOf({ file: { path: 'f', content: { 'no-port': 1 } } })).toMatch(/no such setting/);
    expect(problemOf({ file: { path: 'f', content: ['symbol'] } })).toBe(
      'f: expected a JSON object of settings',
    );
  });

  it('and a name that is given twice in one file', () => {
    expect(problemOf({ file: { path: 'f', content: { ma: true, noMa: true } } })).toBe(
      '"noMa" in f: already given as "ma" in f, expected one of them',
    );
  });
});

describe('the clock of a simulation', () => {
  const CANDLELAKE_CLOCK = '1000:2000:60';

  it('is read as three numbers', () => {
    const { clock } = parseSettings({ variables: { CANDLELAKE_CLOCK }, flags: SIMULATED });
    expect(clock).toEqual({ real: 1000, simulated: 2000, speed: 60 });
    expect(problemOf({ variables: { CANDLELAKE_CLOCK: '1:2:0' }, flags: SIMULATED })).toBe(
      'CANDLELAKE_CLOCK "1:2:0": expected <realEpochMs>:<simulatedEpochMs>:<speed> with a speed above 0',
    );
  });

  it('is refused with the real exchange, on either of its addresses', () => {
    const refused = 'CANDLELAKE_CLOCK: refused with the real exchange, expected the --rest-url of a stand-in';
    expect(problemOf({ variables: { CANDLELAKE_CLOCK } })).toBe(refused);
    const fallback = { ...SIMULATED, 'rest-url': 'https://open-api.bingx.pro' };
    expect(problemOf({ variables: { CANDLELAKE_CLOCK }, flags: fallback })).toBe(refused);
    const { 'rest-url': restUrl } = SIMULATED;
    expect(problemOf({ variables: { CANDLELAKE_CLOCK }, flags: { 'rest-url': restUrl } })).toBe(
      'CANDLELAKE_CLOCK: refused with the real exchange, expected the --ws-url of a stand-in',
    );
  });

  it('is allowed when the command does not use that address', () => {
    const { 'rest-url': restUrl } = SIMULATED;
    const sources = { variables: { CANDLELAKE_CLOCK }, flags: { 'rest-url': restUrl } };
    expect(parseSettings(sources, { uses: ['restUrl'] }).clock?.speed).toBe(60);
  });
});

it('lake settings hold the settings that determine the lake, and nothing else', () => {
  const flags = { timeframe: ['1h,21m'], 'ma-short': '5', ma: false, 'skip-partial': true, output: 'x' };
  expect(lakeSettingsOf(parseSettings({ flags }))).toEqual({
    schemaVersion: 1,
    interval: '3m',
    timeframes: [21, 60],
    periods: { maShort: 5, maLong: 7, atr: 14 },
    writeMa: false,
    writeAtr: true,
    skipPartial: true,
  });
});

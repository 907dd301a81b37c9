import { expect, test } from 'vitest';
import { readStage, type StageSettings, stageSettings } from '../../infra/settings.ts';
import { parseSettings } from '../../packages/core/src/index.ts';

const given = (changes: object): StageSettings => ({ ...stageSettings('development'), ...changes });

test('a stage without settings of its own gets one symbol', () => {
  for (const name of ['development', 'pr-17', 'constructor']) {
    expect(readStage(name).settings.symbols).toEqual(['BTC-USDT']);
    expect(readStage(name).production).toBe(false);
  }
});

test('production has settings of its own, and has to say whom alarms reach', () => {
  expect(() => readStage('production')).toThrow(
    'infra/settings.ts, stage "production": alerts "": expected the address that alarms are sent to, as "you@example.com", or "nobody"',
  );
  const own = stageSettings('production');
  const { settings, production, alertAddress } = readStage('production', { ...own, alerts: 'nobody' });
  expect(production).toBe(true);
  expect(settings.symbols.length).toBeGreaterThan(1);
  expect(alertAddress).toBeNull();
});

test('alarms of another stage reach nobody unless it names an address', () => {
  expect(readStage('me').alertAddress).toBeNull();
  expect(readStage('me', given({ alerts: 'me@example.com' })).alertAddress).toBe('me@example.com');
});

test('a stage of spot gets the market and the address of its stream', () => {
  const stage = readStage('me', given({ pipeline: { market: 'spot', symbol: ['BTC-USDT'] } }));
  expect(stage.variables).toMatchObject({ CANDLELAKE_MARKET: 'spot' });
  const { market, wsUrl } = parseSettings({ variables: stage.variables });
  expect([market, wsUrl]).toEqual(['spot', 'wss://open-api-ws.bingx.com/market']);
});

test('the variables of a stage read back as the same settings', () => {
  const pipeline = {
    symbol: ['BTC-USDT', 'ETH-USDT'],
    interval: '5m',
    timeframe: ['35m', '1h'],
    historyDays: 2,
    maShort: 4,
    maLong: 9,
    ma: false,
    gapFill: false,
    skipPartial: true,
    requestsPerSecond: 0.5,
  };
  const stage = readStage('test', given({ pipeline }));
  expect(parseSettings({ variables: stage.variables })).toEqual(stage.settings);
  expect(stage.variables).toMatchObject({ CANDLELAKE_SYMBOL: 'BTC-USDT,ETH-USDT', CANDLELAKE_MA: 'false' });
});

test.each([
  [
    { pipeline: { symbol: ['btc'] } },
    /infra\/settings\.ts, stage "test".*symbol.*"\[\\"btc\\"\]"|symbol.*btc/,
  ],
  [
    { pipeline: { symbol: ['BTC-USDT'], timeframe: ['20m'] } },
    /timeframe "20m" is not a multiple.*"18m" and "21m"/,
  ],
  [
    { pipeline: { symbol: ['BTC-USDT'], symbols: ['ETH-USDT'] } },
    /"symbols" in infra\/settings\.ts.*no such setting/,
  ],
  [{ firstLakeDay: '2026-02-30' }, /firstLakeDay "2026-02-30": expected a UTC date/],
  [{ firstLakeDay: '2026-02-03T12:00Z' }, /firstLakeDay.*expected a UTC date/],
  [{ alerts: 'me' }, /alerts "me": expected the address that alarms are sent to/],
])('a wrong setting stops the deploy with one line: %j', (changes, message) => {
  expect(() => readStage('test', given(changes))).toThrow(message);
});

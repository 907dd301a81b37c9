import {
  ConfigError,
  configPathOf,
  parseSettings,
  SETTING_DEFINITIONS,
  type Settings,
} from '@candlelake/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseInstant } from '../../packages/core/src/domain/time/time.ts';
import { parseTimeframe } from '../../packages/core/src/domain/time/timeframe.ts';
import { runs } from './runs.ts';

/** Either settings, or one line that says what is wrong. */
function settingsOrOneLine(read: () => Settings): Settings | null {
  try {
    return read();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    const { message } = error as Error;
    expect(message).not.toMatch(/[\n\r]/);
    expect(message.length).toBeLessThan(1_500);
    return null;
  }
}

/** What later code relies on. */
function expectUsable(settings: Settings): void {
  expect(settings.maShort).toBeLessThan(settings.maLong);
  for (const minutes of settings.timeframes) expect(Number.isInteger(minutes)).toBe(true);
  expect(settings.symbols.length).toBeGreaterThan(0);
  for (const symbol of settings.symbols) expect(symbol).not.toMatch(/[\s\p{C}/\\]/u);
  for (const time of [settings.from, settings.to, settings.until, settings.verifyBucket])
    if (time !== null) expect(Number.isSafeInteger(time)).toBe(true);
  if (settings.forMs !== null) expect(settings.forMs).toBeGreaterThan(0);
  expect(settings.port).toBeLessThanOrEqual(65_535);
  expect(settings.requestsPerSecond).toBeLessThanOrEqual(10);
  expect(settings.clock === null || settings.clock.speed > 0).toBe(true);
}

const names = Object.values(SETTING_DEFINITIONS).map(({ name }) => name);
const deep = JSON.parse(`${'['.repeat(20_000)}${']'.repeat(20_000)}`) as unknown;
const word = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.constantFrom(
    '1',
    '0',
    '-1',
    '1e5',
    '21m',
    '1h',
    '9999999d',
    '0s',
    '1.5h',
    'true',
    'false',
    'BTC-USDT',
    'json',
  ),
  fc.constantFrom(
    '2026-02-30',
    '2026-11-22',
    '9999-12-31T23:59Z',
    'http://x',
    'wss://[',
    'javascript:1',
    '3:4:5',
  ),
  fc.constantFrom(
    '__proto__',
    'constructor',
    'null',
    '',
    ' ',
    ','.repeat(1_000),
    '9'.repeat(50_000),
    'A'.repeat(50_000),
  ),
);
const value = fc.oneof(word, fc.jsonValue(), fc.array(word, { maxLength: 5 }));
const name = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...names, ...names.map((one) => `no-${one}`)) },
  { weight: 1, arbitrary: word },
);

describe('settings', () => {
  it('from a file of any JSON are usable, or refused in one line', () => {
    const file = fc.oneof(fc.dictionary(name, value, { maxKeys: 4 }), value);
    fc.assert(
      fc.property(file, (content) => {
        const settings = settingsOrOneLine(() => parseSettings({ file: { path: 'lake.json', content } }));
        if (settings) expectUsable(settings);
      }),
      runs(2_000),
    );
  });

  it('from flags and variables of any text are usable, or refused in one line', () => {
    const known = fc.constantFrom(...names, ...names.map((one) => `no-${one}`));
    const flags = fc.dictionary(known, fc.oneof(word, fc.array(word, { maxLength: 4 })), { maxKeys: 3 });
    const variable = fc
      .oneof(known, fc.stringMatching(/^[a-z-]{1,40}$/))
      .map((one) => `CANDLELAKE_${one.toUpperCase().replaceAll('-', '_')}`);
    const variables = fc.dictionary(variable, word, { maxKeys: 2 });
    fc.assert(
      fc.property(flags, variables, (given, environment) => {
        const settings = settingsOrOneLine(() => {
          configPathOf({ flags: given, variables: environment });
          return parseSettings({ flags: given, variables: environment });
        });
        if (settings) expectUsable(settings);
      }),
      runs(2_000),
    );
  });

  it.each(names)('%s in a file is refused in one line when it is nested deep', (one) => {
    for (const content of [{ [one]: deep }, { [one]: [deep] }, { [one]: { a: deep } }, deep])
      expect(settingsOrOneLine(() => parseSettings({ file: { path: 'lake.json', content } }))).toBeNull();
  });

  it.each(['symbol', 'timeframe', 'interval', 'for', 'from', 'rest-url', 'requests-per-second', 'output'])(
    '%s is read in time that grows with its length only',
    (one) => {
      // Half a second of backtracking needs far fewer characters than these; the test would run for years.
      for (const text of [
        '1'.repeat(1e6),
        `${'1.'.repeat(5e5)}x`,
        `${'A-'.repeat(5e5)}`,
        `${' '.repeat(1e6)}x`,
        `${'a@'.repeat(5e5)}`,
      ])
        settingsOrOneLine(() => parseSettings({ flags: { [one]: text } }));
    },
  );
});

describe('times', () => {
  it('are an instant whose text is the same again, or null', () => {
    const digits = (length: number) =>
      fc.integer({ min: 0, max: 10 ** length - 1 }).map((n) => String(n).padStart(length, '0'));
    const date = fc.tuple(digits(4), digits(2), digits(2)).map((parts) => parts.join('-'));
    const clock = fc.tuple(digits(2), digits(2)).map((parts) => parts.join(':'));
    const text = fc.oneof(
      word,
      date,
      fc.tuple(date, fc.constantFrom('T', ' '), clock).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, (one) => {
        const time = parseInstant(one);
        if (time === null) return;
        expect(new Date(time).toISOString().slice(0, 10)).toBe(one.trim().slice(0, 10));
      }),
      runs(2_000),
    );
  });

  it('of timeframes are whole minutes, or null', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          word,
          fc.tuple(fc.nat(), fc.constantFrom('m', 'h', 'd', 's')).map((parts) => parts.join('')),
        ),
        (one) => {
          const minutes = parseTimeframe(one);
          expect(minutes === null || Number.isSafeInteger(minutes)).toBe(true);
        },
      ),
      runs(1_000),
    );
  });
});

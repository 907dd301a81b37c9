import * as v from 'valibot';
import { INTERVALS, type Interval, intervalMs } from '../domain/time/interval.ts';
import { DAY_MS, type EpochMs, HOUR_MS, MINUTE_MS, parseInstant, SECOND_MS } from '../domain/time/time.ts';
import { parseTimeframe } from '../domain/time/timeframe.ts';

/** Parses one kind of value from text, or from JSON in a file. */
export interface ValueType<T> {
  readonly schema: v.GenericSchema<unknown, T>;
  /** Continues an error message after "expected". */
  readonly expected: string;
  /** Name of the value in `--help`; null for a switch, which takes none. */
  readonly placeholder: string | null;
  readonly list: boolean;
  /** The value is not shown in error messages. */
  readonly isSecret?: boolean;
}

/** The process clock is replaced by `simulated + speed * (now - real)`. Instants are epoch ms. */
export interface ClockSetting {
  readonly real: EpochMs;
  readonly simulated: EpochMs;
  readonly speed: number;
}

const scalar = v.pipe(v.union([v.string(), v.number()]), v.transform(String), v.trim());

/** A switch: `true` or `false`, as JSON or as text. */
export const switchValue: ValueType<boolean> = {
  schema: v.pipe(
    v.union([v.boolean(), v.picklist(['true', 'false'])]),
    v.transform((value) => value === true || value === 'true'),
  ),
  expected: 'true or false',
  placeholder: null,
  list: false,
};

/** A whole number from `least` to `most`, written in digits. */
export function wholeNumber(least: number, most: number, placeholder: string): ValueType<number> {
  return {
    schema: v.pipe(scalar, v.regex(/^\d{1,9}$/), v.transform(Number), v.minValue(least), v.maxValue(most)),
    expected: `a whole number from ${least} to ${most}`,
    placeholder,
    list: false,
  };
}

/** A number from `least` to `most`, written in digits with at most three decimals. */
export function decimalNumber(least: number, most: number, placeholder: string): ValueType<number> {
  return {
    schema: v.pipe(
      scalar,
      v.regex(/^\d{1,9}(?:\.\d{1,3})?$/),
      v.transform(Number),
      v.minValue(least),
      v.maxValue(most),
    ),
    expected: `a number from ${least} to ${most} with at most three decimals`,
    placeholder,
    list: false,
  };
}

/** Text that is not empty. */
export function textValue(expected: string, placeholder: string): ValueType<string> {
  return { schema: v.pipe(scalar, v.minLength(1)), expected, placeholder, list: false };
}

/** One of a few words. */
export function oneOf<const T extends string>(words: readonly T[]): ValueType<T> {
  const placeholder = words.join('|');
  return { schema: v.picklist(words), expected: words.join(' or '), placeholder, list: false };
}

export const intervalValue: ValueType<Interval> = {
  schema: parsedWith((text) => {
    const lengthMs = (parseTimeframe(text) ?? 0) * MINUTE_MS;
    return INTERVALS.find((interval) => interval === text || intervalMs(interval) === lengthMs) ?? null;
  }),
  expected: `one of ${INTERVALS.join(', ')}`,
  placeholder: 'interval',
  list: false,
};

/** Timeframes in minutes, ascending, each once. */
export const timeframesValue: ValueType<readonly number[]> = {
  schema: v.pipe(
    listOf(parsedText(parseTimeframe)),
    v.transform((minutes) => minutes.toSorted((a, b) => a - b)),
  ),
  expected: 'timeframes such as 21m or 1h, of at most 1440m',
  placeholder: 'timeframes',
  list: true,
};

const SYMBOL = /^[\p{Lu}\p{Lo}\p{Nd}._]{1,40}-[A-Z0-9]{1,20}$/u;

/** Whether a text is spelled as the exchange spells symbols. */
export function isSymbol(text: string): boolean {
  return SYMBOL.test(text);
}

/** Symbols in the order given, each once. */
export const symbolsValue: ValueType<readonly string[]> = {
  schema: listOf(v.pipe(v.string(), v.trim(), v.regex(SYMBOL))),
  expected: 'symbols in capitals with a hyphen, such as BTC-USDT,ETH-USDT',
  placeholder: 'symbols',
  list: true,
};

export const instantValue: ValueType<EpochMs> = {
  schema: parsedWith(parseInstant),
  expected: 'a UTC date or time such as 2026-11-22 or 2026-11-22T12:00Z',
  placeholder: 'time',
  list: false,
};

const DURATION_UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: SECOND_MS,
  m: MINUTE_MS,
  h: HOUR_MS,
  d: DAY_MS,
};

/** A duration in milliseconds. */
export const durationValue: ValueType<number> = {
  schema: parsedWith((text) => {
    const match = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/.exec(text);
    const lengthMs = match ? Number(match[1]) * (DURATION_UNITS[match[2]!] ?? 0) : 0;
    return lengthMs > 0 ? lengthMs : null;
  }),
  expected: 'a duration such as 90s, 5m or 2h',
  placeholder: 'duration',
  list: false,
};

/** A URL with one of the given protocols (`https:`), without a slash at its end. */
export function urlValue(protocols: readonly string[]): ValueType<string> {
  return {
    schema: parsedWith((text) => {
      const url = URL.canParse(text) ? new URL(text) : null;
      if (!url || !protocols.includes(url.protocol) || url.search !== '' || url.hash !== '') return null;
      return url.href.replace(/\/+$/, '');
    }),
    expected: `an address that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
    placeholder: 'url',
    list: false,
  };
}

/** An address of HTTP whose path, query or password may be a secret. */
export const secretUrlValue: ValueType<string> = {
  schema: parsedWith((text) => {
    const url = URL.canParse(text) ? new URL(text) : null;
    return url && (url.protocol === 'https:' || url.protocol === 'http:') ? url.href : null;
  }),
  expected: 'an address that begins with https:// or http://',
  placeholder: 'url',
  list: false,
  isSecret: true,
};

export const clockValue: ValueType<ClockSetting> = {
  schema: parsedWith((text) => {
    const match = /^(\d{1,15}):(\d{1,15}):(\d{1,6}(?:\.\d{1,6})?)$/.exec(text);
    const clock = { real: Number(match?.[1]), simulated: Number(match?.[2]), speed: Number(match?.[3]) };
    return match && clock.speed > 0 ? clock : null;
  }),
  expected: '<realEpochMs>:<simulatedEpochMs>:<speed> with a speed above 0',
  placeholder: 'clock',
  list: false,
};

function parsedWith<T extends {}>(parse: (text: string) => T | null): v.GenericSchema<unknown, T> {
  return v.pipe(scalar, parsedText(parse));
}

function parsedText<T extends {}>(parse: (text: string) => T | null): v.GenericSchema<string, T> {
  return v.pipe(
    v.string(),
    v.trim(),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const value = parse(dataset.value);
      if (value !== null) return value;
      addIssue();
      return NEVER;
    }),
  );
}

/**
 * Values separated by commas, in one text or several (a repeated flag, an array in a file). At least one;
 * duplicates are dropped.
 */
function listOf<T>(item: v.GenericSchema<string, T>): v.GenericSchema<unknown, readonly T[]> {
  return v.pipe(
    v.union([
      v.pipe(
        scalar,
        v.transform((text) => [text]),
      ),
      v.array(scalar),
    ]),
    v.transform((texts) => texts.flatMap((text) => text.split(','))),
    v.array(item),
    v.minLength(1),
    v.transform((values) => [...new Set(values)]),
  );
}

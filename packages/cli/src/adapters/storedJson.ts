import {
  type Candle,
  type CrossoverNotice,
  checkCandleValues,
  INTERVALS,
  type IndicatorState,
  type LakeSettings,
  MA_CROSSES,
} from '@candlelake/core';
import { DamagedRowError } from './sqliteErrors.ts';

/**
 * What the store keeps as JSON. SQLite has no checksums: JSON of another form is damage and throws
 * DamagedRowError; a text that is no JSON throws SyntaxError, which means the same to the connection.
 */
export function readStoredSettings(text: string): LakeSettings {
  return checked(text, 'settings', ({ schemaVersion, interval, timeframes, periods, ...switches }) => {
    const { writeMa, writeAtr, skipPartial } = switches;
    return (
      isCount(schemaVersion) &&
      INTERVALS.some((one) => one === interval) &&
      isListOf(isCount)(timeframes) &&
      timeframes.length > 0 &&
      isObject(periods) &&
      [periods.maShort, periods.maLong, periods.atr].every(isCount) &&
      [writeMa, writeAtr, skipPartial].every((value) => typeof value === 'boolean')
    );
  });
}

/** Reads a checkpoint; throws as {@link readStoredSettings}. */
export function readStoredState(text: string): IndicatorState {
  return checked(text, 'checkpoint', ({ closes, trueRanges, atr, cross, outage }) => {
    const isCross = isObject(cross) && isNumber(cross.maShort) && isNumber(cross.maLong);
    return (
      isListOf(isNumber)(closes) &&
      isListOf(isNumber)(trueRanges) &&
      (atr === null || isNumber(atr)) &&
      (cross === null || isCross) &&
      typeof outage === 'boolean'
    );
  });
}

/** Reads a candle of the log of corrections; throws as {@link readStoredSettings}. */
export function readStoredCandle(text: string): Candle {
  return checked(text, 'correction', ({ openTime, status, source, observed, ...values }) => {
    const { open, high, low, close, volume } = values;
    return (
      isCount(openTime) &&
      isNumber(observed) &&
      typeof status === 'string' &&
      typeof source === 'string' &&
      [open, high, low, close, volume].every((value) => typeof value === 'string') &&
      typeof checkCandleValues({ open, high, low, close, volume }) !== 'string'
    );
  });
}

/** Reads a notice of a crossover; throws as {@link readStoredSettings}. */
export function readStoredNotice(text: string): CrossoverNotice {
  return checked(text, 'notice', ({ closeTime, sequence, state, kind, ...parts }) => {
    const { id, market, symbol, timeframe, openTime, status, close, maShort, maLong } = parts;
    return (
      [closeTime, sequence].every(isCount) &&
      (state === 'crossed' || state === 'retracted') &&
      MA_CROSSES.some((one) => one === kind) &&
      [id, market, symbol, timeframe, openTime, status].every((value) => typeof value === 'string') &&
      [close, maShort, maLong].every(isNumber)
    );
  });
}

type Fields = Readonly<Record<string, unknown>>;

function checked<T>(text: string, what: string, isIntact: (fields: Fields) => boolean): T {
  const value: unknown = JSON.parse(text);
  if (isObject(value) && isIntact(value)) return value as T;
  throw new DamagedRowError(`${what} ${text.slice(0, 100)}`);
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

function isListOf<T>(isItem: (item: unknown) => item is T): (value: unknown) => value is readonly T[] {
  return (value): value is readonly T[] => Array.isArray(value) && value.every(isItem);
}

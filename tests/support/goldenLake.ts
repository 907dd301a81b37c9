import { readFileSync } from 'node:fs';
import type { Candle } from '@candlelake/core';
import { encode } from './encoder.ts';
import { createTestLake, MINUTE, SETTINGS, series } from './lake.ts';

const RECORDING = new URL('../fixtures/bingx/btc-usdt-3m-closed.csv', import.meta.url);
const FROM = Date.parse('2025-08-02T12:36Z');
const AS_OF = Date.parse('2025-08-03T03:00Z');
const SLOT = 3 * MINUTE;

export const GOLDEN_OBJECTS = {
  candles: 'candles/interval=3m/date=2025-08-03/candles.parquet',
  bars: 'bars/timeframe=21m/date=2025-08-03/bars.parquet',
  coverage: 'coverage/interval=3m/date=2025-08-03/coverage.parquet',
} as const;

/**
 * The objects of 3 August 2025 up to 03:00: the recorded candles of BTC-USDT, and as PART-USDT the same
 * candles with slots of every state. The day before is derived as well, so that the indicators have values.
 */
export async function deriveGoldenLake(): Promise<Readonly<Record<keyof typeof GOLDEN_OBJECTS, Uint8Array>>> {
  const { store, objects, derive } = await createTestLake(SETTINGS, AS_OF, encode);
  const recorded = readRecording();
  await store.merge([
    { series: series('BTC-USDT', '3m'), candles: recorded },
    { series: series('PART-USDT', '3m'), ...partOf(recorded) },
  ]);
  for (const read of [AS_OF, AS_OF + 10 * MINUTE]) {
    const historyStart = { firstAvailable: FROM + 240 * SLOT, read };
    await store.merge([{ series: series('PART-USDT', '3m'), historyStart }]);
  }
  await derive();
  const read = async (path: string) => (await objects.read(path))!;
  const { candles, bars, coverage } = GOLDEN_OBJECTS;
  return { candles: await read(candles), bars: await read(bars), coverage: await read(coverage) };
}

function readRecording(): readonly Candle[] {
  const lines = readFileSync(RECORDING, 'utf8').trim().split('\n').slice(1);
  const candles = lines.map((line): Candle => {
    const [time, open, high, low, close, volume] = line.split(',') as [
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    const values = { open, high, low, close, volume: String(Number(volume)) };
    return { openTime: Number(time), ...values, status: 'final', source: 'history', observed: AS_OF };
  });
  return candles.filter(({ openTime }) => openTime >= FROM && openTime < AS_OF);
}

/**
 * Slots are counted from FROM; 228 is midnight. There is no candle before slot 95, and history begins at 240.
 */
function partOf(recorded: readonly Candle[]) {
  const midnight = 228;
  const candles = recorded.flatMap((candle, slot): readonly Candle[] => {
    if (slot < 95 || slot === midnight + 3 || (slot > midnight + 30 && slot < midnight + 46)) return [];
    if (slot === midnight + 9) return [];
    if (slot === midnight + 16) return [{ ...candle, status: 'provisional', source: 'stream', observed: 0 }];
    if (slot === midnight + 23) return [{ ...candle, status: 'imported', source: 'import' }];
    return [candle];
  });
  const quiet = FROM + (midnight + 3) * SLOT;
  const absences = [{ openTime: quiet, firstRead: AS_OF, lastRead: AS_OF + 10 * MINUTE }];
  return { candles, absences };
}

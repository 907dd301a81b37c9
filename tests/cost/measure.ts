/**
 * Counts what the cloud host uses: a day and a bit to start with, then three hours about noon, when today's
 * partition is half full. `node tests/cost/measure.ts` writes measured.json; `--check` compares and ends with
 * 1 when the code uses something else by now.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { HOUR_MS } from '@candlelake/core';
import type { Measured } from './bill.ts';
import { createSimulation } from './simulation.ts';

const FILE = new URL('./measured.json', import.meta.url);
const START = Date.UTC(2026, 10, 21, 8);
const WARM_HOURS = 26.5;
const STEADY_HOURS = 3;

const measured = `${JSON.stringify(await measureAll(), null, 2)}\n`;
if (!process.argv.includes('--check')) writeFileSync(FILE, measured);
else if (readFileSync(FILE, 'utf8') !== measured) {
  process.stdout.write(`the code uses other amounts than measured.json says; it would be:\n${measured}`);
  process.exitCode = 1;
}

async function measureAll(): Promise<readonly Measured[]> {
  return [await measure(1), await measure(4)];
}

async function measure(count: number): Promise<Measured> {
  const symbols = Array.from({ length: count }, (_, index) => `COIN${index}-USDT`);
  const simulation = await createSimulation(symbols, START);
  const warm = await simulation.run(START + WARM_HOURS * HOUR_MS);
  const { items, bytes } = simulation.stored(['candle#']);
  const steady = await simulation.run(START + (WARM_HOURS + STEADY_HOURS) * HOUR_MS);
  await simulation.stop();
  return {
    symbols: count,
    candleBytes: Math.round(bytes / items),
    warm: { hours: WARM_HOURS, usage: warm },
    steady: { hours: STEADY_HOURS, usage: steady },
  };
}

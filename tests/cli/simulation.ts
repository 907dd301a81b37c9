import { join } from 'node:path';
import {
  createSyntheticInstrument,
  parseClock,
  type RunningExchange,
  startExchange,
} from '@candlelake/exchange-sim';
import { openSqliteStore } from '../../packages/cli/src/adapters/sqliteStore.ts';
import { type RunningProgram, temporaryFolder } from './program.ts';

export const SPOT_SEED = 2;

/** A stand-in on a fast clock, and the settings of a program that connects to it. */
export interface Simulation {
  readonly exchange: RunningExchange;
  readonly output: string;
  readonly variables: Readonly<Record<string, string>>;
  /** Flags: the addresses and the output folder. */
  readonly flags: readonly string[];
}

export interface SimulationOptions {
  /** Simulated start. */
  readonly from: number;
  readonly speed?: number;
  readonly symbols?: readonly string[];
  /** Of the spot market, with other prices than the contracts of the same names; none by default. */
  readonly spotSymbols?: readonly string[];
}

export async function simulate({
  from,
  speed = 60,
  symbols = ['BTC-USDT'],
  spotSymbols = [],
}: SimulationOptions): Promise<Simulation> {
  const CANDLELAKE_CLOCK = `${Date.now()}:${from}:${speed}`;
  const exchange = await startExchange({
    clock: parseClock(CANDLELAKE_CLOCK),
    instruments: symbols.map((symbol) => createSyntheticInstrument({ symbol })),
    spot: spotSymbols.map((symbol) => createSyntheticInstrument({ symbol, seed: SPOT_SEED })),
  });
  const output = temporaryFolder();
  const { restUrl, wsUrl } = exchange;
  const flags = ['--output', output, '--rest-url', restUrl, '--ws-url', wsUrl];
  return { exchange, output, variables: { CANDLELAKE_CLOCK }, flags };
}

/** The watermark in the store of a folder, and the number of days that are not derived yet. */
export async function lakeState(
  output: string,
): Promise<{ readonly asOf: number; readonly dirtyDays: number }> {
  const store = openSqliteStore(join(output, 'candles.sqlite'), { now: Date.now });
  const state = { asOf: await store.readAsOf(), dirtyDays: (await store.dirtyDays()).length };
  store.close();
  return state;
}

/** Resolves when a running stream has stored that many streamed candles. */
export async function streamed(program: RunningProgram, candles: number): Promise<void> {
  const url = await urlOf(program);
  for (;;) {
    const text = await (await fetch(`${url}/metrics`)).text();
    if (Number(/^candlelake_candles_stored_total (\d+)$/m.exec(text)?.[1]) >= candles) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The address of the HTTP server of a running stream. */
export async function urlOf(program: RunningProgram): Promise<string> {
  const line = await program.line(/health at http/);
  return /(http:\S+)\/health$/.exec(line)![1]!;
}

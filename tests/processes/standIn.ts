import { join } from 'node:path';
import { ROOT, startCommand } from '../cli/program.ts';

const BIN = join(ROOT, 'packages/exchange-sim/bin/candlelake-exchange.mjs');

/**
 * The variable for a clock that starts now at a simulated instant (epoch ms) and runs `speed` times as fast.
 */
export function simulatedClock(start: number, speed: number): { readonly CANDLELAKE_CLOCK: string } {
  return { CANDLELAKE_CLOCK: `${Date.now()}:${start}:${speed}` };
}

export interface StandIn {
  /** The address of its history, as flags of candlelake. */
  readonly restFlags: readonly string[];
  /** The addresses of its history and its stream, as flags of candlelake. */
  readonly flags: readonly string[];
  stop(): Promise<void>;
}

/** Starts the stand-in for the exchange as a process. */
export async function startStandIn(
  words: readonly string[],
  clock: ReturnType<typeof simulatedClock>,
): Promise<StandIn> {
  const exchange = startCommand(process.execPath, [BIN, ...words], clock);
  const line = await exchange.line(/^exchange-sim: /);
  const [, restUrl, wsUrl] = /(http:\S+) (ws:\S+)/.exec(line) ?? [];
  const restFlags = ['--rest-url', String(restUrl)];
  return {
    restFlags,
    flags: [...restFlags, '--ws-url', String(wsUrl)],
    async stop() {
      exchange.process.kill('SIGTERM');
      await exchange.ended;
    },
  };
}

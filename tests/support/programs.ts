import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const BINS = {
  candlelake: '../../packages/cli/bin/candlelake.mjs',
  exchange: '../../packages/exchange-sim/bin/candlelake-exchange.mjs',
} as const;

export interface Program {
  readonly process: ChildProcess;
  /** All that it printed so far, both streams, line by line. */
  readonly lines: readonly string[];
  /** Resolves with its exit code, null when a signal ended it. */
  readonly ended: Promise<number | null>;
  /** The first line that matches, past or future; rejects when the program ends without it. */
  line(pattern: RegExp): Promise<string>;
}

export interface ProgramOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts one of the project's own programs with this Node, without npm in between. */
export function startProgram(name: keyof typeof BINS, { args = [], env = {} }: ProgramOptions = {}): Program {
  const bin = fileURLToPath(new URL(BINS[name], import.meta.url));
  const { CANDLELAKE_CLOCK: _clock, ...inherited } = process.env;
  const child = spawn(process.execPath, [bin, ...args], {
    env: { ...inherited, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      for (const hear of listeners) hear();
    });
  let over = false;
  const ended = once(child, 'close').then(([code]) => {
    over = true;
    for (const hear of listeners) hear();
    return code as number | null;
  });
  return {
    process: child,
    lines,
    ended,
    line: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = lines.find((line) => pattern.test(line));
          if (found === undefined && !over) return;
          listeners.delete(look);
          if (found !== undefined) resolve(found);
          else reject(new Error(`${name} ended without ${pattern}:\n${lines.join('\n')}`));
        };
        listeners.add(look);
        look();
      }),
  };
}

/** The value of CANDLELAKE_CLOCK that starts now at a simulated instant and runs `speed` times as fast. */
export function simulatedClock(start: number, speed: number): string {
  return `${Date.now()}:${start}:${speed}`;
}

export interface StandIn {
  /** Point candlelake at its history. */
  readonly restFlags: readonly string[];
  /** Point candlelake at its history and its stream. */
  readonly flags: readonly string[];
  stop(): Promise<void>;
}

/** Starts the stand-in for the exchange as a program of its own. */
export async function startStandIn(options: ProgramOptions): Promise<StandIn> {
  const exchange = startProgram('exchange', options);
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

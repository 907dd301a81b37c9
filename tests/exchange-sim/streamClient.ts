import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import WebSocket from 'ws';
import type { RunningExchange } from '../../packages/exchange-sim/src/index.ts';
import type { ManualClock } from '../support/manualClock.ts';

interface ReceivedFrame {
  /** The time of the clock at its arrival. */
  readonly at: number;
  readonly binary: boolean;
  readonly bytes: Buffer;
}

interface ReceivedCandle {
  readonly at: number;
  readonly T: number;
  readonly c: string;
  readonly o: string;
  readonly h: string;
  readonly l: string;
  readonly v: string;
}

export interface StreamClient {
  readonly frames: readonly ReceivedFrame[];
  /** The frames' texts, gunzipped where they are binary. */
  texts(): readonly string[];
  /** Data of the candle frames, with their times of arrival. */
  candles(): readonly ReceivedCandle[];
  /** Sends one message and waits until the stand-in has answered it. */
  ask(message: object): Promise<unknown>;
  say(text: string): void;
  /** Moves the clock in steps; after each one waits until all that was sent has arrived. */
  advance(ms: number, stepMs?: number): Promise<void>;
  /** The close code. */
  readonly closed: Promise<number>;
  end(): void;
}

/**
 * A client of a stand-in that runs on a manual clock; the only client of it, as it counts the frames sent. It
 * answers pings unless `answersPings` is false.
 */
export async function connectClient(
  exchange: RunningExchange,
  clock: ManualClock,
  answersPings = true,
): Promise<StreamClient> {
  const socket = new WebSocket(exchange.wsUrl, { perMessageDeflate: false });
  const frames: ReceivedFrame[] = [];
  const before = exchange.stats();
  let pings = 0;
  let notice: () => void = () => {};
  socket.on('message', (data: Buffer, binary) => {
    const frame = { at: clock.now(), binary, bytes: data };
    frames.push(frame);
    if (answersPings && isPing(frame)) {
      pings += 1;
      socket.send('Pong');
    }
    notice();
  });
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  await once(socket, 'open');

  const arrived = async (count: () => number): Promise<void> => {
    while (frames.length < count()) await new Promise<void>((resolve) => (notice = resolve));
  };
  const texts = () => frames.map(textOf);
  return {
    frames,
    closed,
    texts,
    candles: () =>
      frames.flatMap((frame) => {
        const text = textOf(frame);
        if (!text.includes('"s":')) return [];
        return JSON.parse(text).data.map((values: object) => ({ at: frame.at, ...values }));
      }),
    async ask(message) {
      const count = frames.length + 1;
      socket.send(JSON.stringify(message));
      await arrived(() => count);
      return JSON.parse(texts().at(-1)!);
    },
    say: (text) => socket.send(text),
    async advance(ms, stepMs = ms) {
      for (let done = 0; done < ms; done += stepMs) {
        await clock.advance(Math.min(stepMs, ms - done));
        await arrived(() => exchange.stats().framesSent - before.framesSent);
        while (exchange.stats().pongs - before.pongs < pings) await nextTurn();
      }
    },
    end: () => socket.terminate(),
  };
}

/** A gzipped `Ping` has 24 bytes, all other messages more; garbage is not unpacked. */
function isPing(frame: ReceivedFrame): boolean {
  if (!frame.binary) return frame.bytes.toString() === 'Ping';
  return frame.bytes.length === 24 && textOf(frame) === 'Ping';
}

function textOf(frame: ReceivedFrame): string {
  return (frame.binary ? gunzipSync(frame.bytes) : frame.bytes).toString();
}

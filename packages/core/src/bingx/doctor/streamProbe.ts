import { SECOND_MS } from '../../domain/time/time.ts';
import type { Socket } from '../../ports.ts';
import { frameText, parseFrame } from '../frame.ts';
import { isObject } from '../jsonValues.ts';
import { klineTopic, pongTo, subscribeText } from '../messages.ts';
import { type DoctorOptions, type DoctorPorts, NotRunError } from './check.ts';

/** One frame of the exchange. Instants are ms of the monotonic clock. */
export interface ProbedFrame {
  readonly at: number;
  readonly isGzip: boolean;
  readonly isPing: boolean;
  /** Null for a text that is no JSON object. */
  readonly json: Readonly<Record<string, unknown>> | null;
}

const HANDSHAKE_MS = 10 * SECOND_MS;
const ANSWER_MS = 10 * SECOND_MS;
/** A symbol that no exchange lists. */
const MADE_UP = 'CANDLELAKE-MADEUP-USDT';

/** One connection to the stream, and everything that came over it. */
export class StreamProbe {
  readonly options: DoctorOptions;
  readonly frames: ProbedFrame[] = [];
  readonly #ports: DoctorPorts;
  readonly #watchers = new Set<() => void>();
  #socket: Socket | null = null;
  #closed: string | null = null;
  #subscribedAt: number | null = null;

  constructor(ports: DoctorPorts, options: DoctorOptions) {
    this.#ports = ports;
    this.options = options;
  }

  /** Opens the connection. Returns the ms that this took. Throws when it does not open. */
  async open(signal: AbortSignal): Promise<number> {
    const { openSocket, clock } = this.#ports;
    const startedAt = clock.monotonic();
    let openedAt: number | null = null;
    const socket = openSocket(this.options.wsUrl, {
      opened: () => {
        openedAt = clock.monotonic();
        this.#wake();
      },
      frame: (data) => this.#receive(data),
      closed: (reason) => {
        this.#closed = reason;
        this.#wake();
      },
    });
    await this.waitFor(() => openedAt ?? this.#closed, HANDSHAKE_MS, signal);
    if (openedAt === null) throw new Error(`no connection: ${this.#closed ?? 'no answer'}`);
    this.#socket = socket;
    return openedAt - startedAt;
  }

  /** Subscribes the 1m candles of the first symbol. Returns the code of the answer, null without one. */
  subscribe(signal: AbortSignal) {
    this.#subscribedAt = this.now();
    return this.#ask('1', this.#topic(this.options.symbols[0]!), signal);
  }

  /** Subscribes a symbol that does not exist. */
  subscribeMadeUp(signal: AbortSignal) {
    return this.#ask('2', this.#topic(MADE_UP), signal);
  }

  /** The 1m pushes of the first symbol so far. */
  pushes(): readonly ProbedFrame[] {
    const topic = this.#topic(this.options.symbols[0]!);
    return this.frames.filter(({ json }) => json?.dataType === topic && json.data !== null);
  }

  /** The first push, and how long after the subscription it came; null within `ms`. */
  async firstPush(
    ms: number,
    signal: AbortSignal,
  ): Promise<{ readonly frame: ProbedFrame; readonly afterMs: number } | null> {
    this.requireOpen();
    const frame = await this.waitFor(() => this.pushes()[0] ?? null, ms, signal);
    return frame && { frame, afterMs: frame.at - (this.#subscribedAt ?? frame.at) };
  }

  /** Throws NotRunError when there is no connection. */
  requireOpen(): void {
    if (this.#socket === null) throw new NotRunError('no connection');
    if (this.#closed !== null) throw new Error(`the connection ended: ${this.#closed}`);
  }

  /** The monotonic clock. */
  now(): number {
    return this.#ports.clock.monotonic();
  }

  /** The value of `look` as soon as it is not null, looked at after each frame; null after `ms`. */
  async waitFor<T>(look: () => T | null, ms: number, signal: AbortSignal): Promise<T | null> {
    const timeout = new AbortController();
    const { promise, resolve } = Promise.withResolvers<void>();
    const watch = () => (look() !== null || this.#closed !== null) && resolve();
    this.#watchers.add(watch);
    watch();
    const wait = this.#ports.clock.sleep(ms, AbortSignal.any([signal, timeout.signal]));
    wait.catch(() => undefined);
    await Promise.race([promise, wait]).finally(() => {
      timeout.abort();
      this.#watchers.delete(watch);
    });
    return look();
  }

  close(): void {
    this.#socket?.close();
  }

  async #ask(id: string, topic: string, signal: AbortSignal) {
    this.requireOpen();
    const sentAt = this.now();
    this.#socket!.send(subscribeText(id, topic));
    const answered = () => this.frames.find(({ json }) => json?.id === id) ?? null;
    const frame = await this.waitFor(answered, ANSWER_MS, signal);
    const code = frame === null ? null : Number(frame.json?.code ?? 0);
    return { code, message: String(frame?.json?.msg ?? ''), tookMs: (frame?.at ?? this.now()) - sentAt };
  }

  #receive(data: Uint8Array | string): void {
    const at = this.now();
    const isGzip = typeof data !== 'string' && data[0] === 0x1f && data[1] === 0x8b;
    const text = this.#textOf(data);
    const json = parseFrame(text);
    const pong = pongTo(text, json);
    if (pong !== null) this.#socket?.send(pong);
    this.frames.push({ at, isGzip, isPing: pong !== null, json: isObject(json) ? json : null });
    this.#wake();
  }

  #topic(symbol: string): string {
    return klineTopic({ market: this.options.market, symbol, interval: '1m' });
  }

  #textOf(data: Uint8Array | string): string {
    try {
      return frameText(data, this.#ports.inflate);
    } catch {
      return '';
    }
  }

  #wake(): void {
    for (const look of this.#watchers) look();
  }
}

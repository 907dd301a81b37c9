import type { OpenSocket, Socket, SocketHandlers } from '@candlelake/core';
import type { ProcessClock } from '../machine/processClock.ts';
import type { Book } from './books.ts';
import type { BookValues } from './drawSlot.ts';
import { type Exchange, isListed } from './exchange.ts';
import { absurdValues, answerText, brokenFrame, frameOf, pushText } from './frames.ts';

/** The exchange pings every 5 s; a fifth of the pings costs less time and prove the same closes. */
const PING_MS = 25_000;
/** Without a pong the exchange closes. Source: docs/bingx.md, "WebSocket". */
const PONG_LIMIT_MS = 30_500;
/** The last frame of a candle comes so long after its end at the latest. Source: the same page. */
const LAST_FRAME_MS = 500;
/** The frames of a candle are planned so long after its start, before the first. */
const PLAN_MS = 1_000;
const LATEST_FRAME_MS = 9_000;

/** The exchange's WebSockets for one process. */
export function createSockets(exchange: Exchange, clock: ProcessClock): OpenSocket {
  return (_url, handlers) => new Connection(exchange, clock, handlers);
}

/** The exchange's side of one connection. */
class Connection implements Socket {
  readonly #exchange: Exchange;
  readonly #clock: ProcessClock;
  readonly #handlers: SocketHandlers;
  #isClosed = false;
  #lastPong: number;

  constructor(exchange: Exchange, clock: ProcessClock, handlers: SocketHandlers) {
    this.#exchange = exchange;
    this.#clock = clock;
    this.#handlers = handlers;
    this.#lastPong = exchange.time.now();
    exchange.requests.connected();
    this.#after(100 + exchange.random() * 600, () => this.#open());
  }

  send(text: string): void {
    const { faults, time, random } = this.#exchange;
    if (this.#isClosed || faults.hit('socket-half-open')) return;
    if (text === 'Pong') {
      this.#lastPong = time.now();
      return;
    }
    const { id, dataType } = JSON.parse(text) as { id: string; dataType: string };
    this.#after(20 + random() * 180, () => this.#subscribe(id, dataType));
  }

  close(): void {
    this.#end('closed by the client');
  }

  #open(): void {
    const { faults, random, time } = this.#exchange;
    const refused = faults.hit('handshake-refused');
    if (refused) {
      this.#end('Unexpected server response', [403, 418, 429, 503][Math.floor(refused.draw * 4)]);
      return;
    }
    this.#lastPong = time.now();
    this.#handlers.opened();
    this.#ping();
    if (faults.hit('reconnect-storm'))
      this.#after(500 + random() * 15_000, () => this.#end('closed with 1000'));
  }

  #ping(): void {
    const { time, random, faults } = this.#exchange;
    const isLost = faults.hit('reconnect-storm', { share: 0.3 }) !== null;
    if (isLost || time.now() - this.#lastPong > PONG_LIMIT_MS) {
      this.#end('closed with 1006');
      return;
    }
    this.#deliver('Ping');
    this.#after(PING_MS * (0.97 + 0.06 * random()), () => this.#ping());
  }

  #subscribe(id: string, dataType: string): void {
    const { books, faults, time } = this.#exchange;
    const symbol = dataType.slice(0, dataType.indexOf('@'));
    const book = books.get(symbol);
    if (faults.hit('answers-lost')) return;
    const isRefused =
      !book ||
      !isListed(this.#exchange, book, time.now()) ||
      faults.hit('topic-refused', { symbol }) !== null;
    this.#deliver(answerText(id, isRefused));
    if (!isRefused) this.#follow(book);
    else if (book) this.#leak(book);
  }

  /** Sends the updates of a symbol until the connection ends, candle by candle. */
  #follow(book: Book): void {
    const { time, intervalMs, random, faults } = this.#exchange;
    if (faults.hit('topic-refused', { symbol: book.symbol })) {
      // Only a new connection asks for the topic.
      this.#end('closed with 1006');
      return;
    }
    const openTime = this.#currentOpen();
    const into = time.now() - openTime;
    const { updates = [], firstShownMs = 0 } = book.slot(openTime) ?? {};
    const stepMs = (intervalMs - firstShownMs) / updates.length;
    for (const [index, values] of updates.entries()) {
      const isLast = index === updates.length - 1;
      const at = isLast
        ? intervalMs + LAST_FRAME_MS * random()
        : firstShownMs + (index + 0.5 * random()) * stepMs;
      if (at > into) this.#after(at - into, () => this.#update(book, openTime, values));
    }
    this.#after(intervalMs - into + PLAN_MS, () => this.#follow(book));
  }

  #update({ symbol }: Book, openTime: number, values: BookValues): void {
    const { faults, random, intervalName } = this.#exchange;
    if (faults.hit('symbol-silent', { symbol }) || faults.hit('symbol-paused', { symbol })) return;
    const isAbsurd = faults.hit('values-absurd', { share: 0.3 }) !== null;
    const shown = isAbsurd ? absurdValues(values, random) : values;
    this.#deliver(pushText({ symbol, intervalName, openTime, values: shown }));
  }

  /** A refused topic can still deliver a frame. Source: docs/bingx.md trap 40. */
  #leak(book: Book): void {
    const { time, intervalName } = this.#exchange;
    const openTime = this.#currentOpen();
    const values = book.row(openTime, time.now());
    if (values) this.#deliver(pushText({ symbol: book.symbol, intervalName, openTime, values }));
  }

  #deliver(text: string): void {
    const { random, faults, isGzip } = this.#exchange;
    if (faults.hit('socket-half-open') || faults.hit('frames-lost', { share: 0.4 })) return;
    const isBroken = faults.hit('frames-broken', { share: 0.1 }) !== null;
    const frame = isBroken ? brokenFrame(text, isGzip, random) : frameOf(text, isGzip);
    const isLate = faults.hit('frames-delayed', { share: 0.5 }) !== null;
    this.#after(5 + (isLate ? random() * LATEST_FRAME_MS : 0), () => this.#handlers.frame(frame));
    if (faults.hit('frames-repeated', { share: 0.3 }))
      this.#after(6 + random() * 5_000, () => this.#handlers.frame(frame));
  }

  #end(reason: string, handshakeStatus?: number): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#handlers.closed(reason, handshakeStatus);
  }

  #after(ms: number, task: () => void): void {
    this.#clock.deliver(this.#exchange.time.now() + ms, () => {
      if (!this.#isClosed) task();
    });
  }

  #currentOpen(): number {
    const { time, intervalMs } = this.#exchange;
    return Math.floor(time.now() / intervalMs) * intervalMs;
  }
}

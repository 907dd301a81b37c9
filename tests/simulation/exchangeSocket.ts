import type { OpenSocket, SocketHandlers } from '@candlelake/core';
import type { Book, BookValues } from './books.ts';
import type { ActiveFaults, FaultKind } from './faults.ts';
import type { ProcessClock } from './processClock.ts';
import type { VirtualTime } from './virtualTime.ts';

export interface SocketOptions {
  readonly time: VirtualTime;
  readonly random: () => number;
  readonly faults: ActiveFaults;
  readonly books: ReadonlyMap<string, Book>;
  readonly intervalMs: number;
  readonly intervalName: string;
  readonly counts: Map<string, number>;
}

const PING_MS = 5_000;
/** A frame of the next candle was first seen this long after the boundary. Source: docs/bingx.md, "Closing of a candle". */
const FIRST_FRAME_MS = 2_600;
const LAST_FRAME_MS = 400;

/** The exchange's WebSocket as recorded, with the faults of the plan, for one process. Frames are text: gzip has tests of its own. */
export function createSockets(options: SocketOptions, clock: ProcessClock): OpenSocket {
  return (_url, handlers) => new Connection(options, clock, handlers);
}

/** One connection: the exchange's side of it. */
class Connection {
  readonly #options: SocketOptions;
  readonly #clock: ProcessClock;
  readonly #handlers: SocketHandlers;
  #isClosed = false;

  constructor(options: SocketOptions, clock: ProcessClock, handlers: SocketHandlers) {
    this.#options = options;
    this.#clock = clock;
    this.#handlers = handlers;
    this.#after(100 + options.random() * 600, () => this.#open());
  }

  send(text: string): void {
    if (this.#isClosed || this.#isOn('socket-half-open')) return;
    if (text === 'Pong') return;
    const { id, dataType } = JSON.parse(text) as { id: string; dataType: string };
    this.#after(20 + this.#options.random() * 180, () => this.#subscribe(id, dataType));
  }

  close(): void {
    this.#end('closed by the client');
  }

  #open(): void {
    if (this.#isOn('handshake-refused')) {
      this.#end('Unexpected server response: 403');
      return;
    }
    this.#handlers.opened();
    this.#ping();
    if (this.#isOn('reconnect-storm')) {
      this.#after(500 + this.#options.random() * 15_000, () => this.#end('closed with 1000'));
    }
  }

  #ping(): void {
    if (this.#isClosed) return;
    this.#deliver('Ping');
    const { random } = this.#options;
    this.#after(PING_MS * (0.97 + 0.06 * random()), () => this.#ping());
    if (random() < 0.002 && this.#isOn('reconnect-storm')) this.#end('closed with 1006');
  }

  #subscribe(id: string, dataType: string): void {
    const { books, faults, time } = this.#options;
    const symbol = dataType.slice(0, dataType.indexOf('@'));
    const book = books.get(symbol);
    if (this.#isOn('answers-lost')) return;
    const isRefused =
      !book ||
      faults.find('topic-refused', time.now(), symbol) !== null ||
      (book.delistedAt !== null && time.now() >= book.delistedAt) ||
      faults.find('symbol-unlisted', time.now(), symbol) !== null;
    if (isRefused) {
      this.#count('topic-refused');
      this.#deliver(
        JSON.stringify({ id, code: 80015, msg: 'dataType not support', dataType: '', data: null }),
      );
      if (book) this.#push(book, this.#currentOpen());
      return;
    }
    this.#deliver(JSON.stringify({ id, code: 0, msg: '', dataType: '', data: null }));
    this.#follow(book);
  }

  /** Sends the updates of a symbol until the connection ends, candle by candle. */
  #follow(book: Book): void {
    if (this.#isClosed) return;
    const { time, intervalMs, random } = this.#options;
    const openTime = this.#currentOpen();
    const into = time.now() - openTime;
    const slot = book.slot(openTime);
    const updates = slot?.updates ?? [];
    for (const [index, values] of updates.entries()) {
      const share = (index + 0.5 + 0.4 * random()) / updates.length;
      const at =
        index === updates.length - 1
          ? intervalMs + LAST_FRAME_MS * random()
          : Math.max(FIRST_FRAME_MS, share * intervalMs);
      if (at > into) this.#after(at - into, () => this.#update(book, openTime, values));
    }
    this.#after(intervalMs - into + FIRST_FRAME_MS - 1, () => this.#follow(book));
  }

  #update(book: Book, openTime: number, values: BookValues): void {
    const { faults, time, random } = this.#options;
    const { symbol } = book;
    if (faults.find('symbol-silent', time.now(), symbol)) {
      this.#count('symbol-silent');
      return;
    }
    if (faults.find('symbol-paused', time.now(), symbol)) return;
    const isAbsurd = random() < 0.3 && this.#isOn('values-absurd');
    this.#deliver(
      frame(symbol, this.#options.intervalName, openTime, isAbsurd ? absurd(values, random) : values),
    );
  }

  /** The view of the open candle at this moment, as a refused topic leaks it. */
  #push(book: Book, openTime: number): void {
    const values = book.row(openTime, this.#options.time.now());
    if (values) this.#deliver(frame(book.symbol, this.#options.intervalName, openTime, values));
  }

  #deliver(text: string): void {
    const { random } = this.#options;
    if (this.#isOn('socket-half-open')) return;
    if (random() < 0.4 && this.#isOn('frames-lost')) return;
    if (random() < 0.1 && this.#isOn('frames-broken')) {
      const broken = ['{"code":0,"data', '[', 'x'.repeat(2 ** 20 + 1), '[['.repeat(5_000), '{"a":1}'];
      this.#receive(broken[Math.floor(random() * broken.length)]!);
      return;
    }
    const isDelayed = random() < 0.5 && this.#isOn('frames-delayed');
    const lateMs = isDelayed ? random() * 9_000 : 0;
    this.#after(5 + lateMs, () => this.#receive(text));
    if (random() < 0.3 && this.#isOn('frames-repeated'))
      this.#after(6 + random() * 5_000, () => this.#receive(text));
  }

  #receive(text: string): void {
    if (!this.#isClosed) this.#handlers.frame(text);
  }

  #end(reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#handlers.closed(reason);
  }

  #after(ms: number, task: () => void): void {
    this.#clock.deliver(this.#options.time.now() + ms, () => {
      if (!this.#isClosed) task();
    });
  }

  #currentOpen(): number {
    const { time, intervalMs } = this.#options;
    return Math.floor(time.now() / intervalMs) * intervalMs;
  }

  #isOn(kind: FaultKind): boolean {
    if (this.#options.faults.find(kind, this.#options.time.now()) === null) return false;
    this.#count(kind);
    return true;
  }

  #count(kind: FaultKind): void {
    const { counts } = this.#options;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
}

function frame(symbol: string, interval: string, openTime: number, values: BookValues): string {
  const { open, high, low, close, volume } = values;
  const data = [{ c: close, o: open, h: high, l: low, v: volume, T: openTime }];
  return JSON.stringify({ code: 0, dataType: `${symbol}@kline_${interval}`, s: symbol, data });
}

function absurd(values: BookValues, random: () => number): BookValues {
  const kinds: readonly BookValues[] = [
    { ...values, low: '0' },
    { ...values, close: '-1' },
    { ...values, high: 'NaN' },
    { ...values, high: values.low, low: `${Number(values.high) + 1}` },
    { ...values, volume: 'Infinity' },
    { ...values, open: `${Number(values.high) * 2}` },
  ];
  return kinds[Math.floor(random() * kinds.length)]!;
}

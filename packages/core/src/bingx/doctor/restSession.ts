import type { Interval } from '../../domain/time/interval.ts';
import { type EpochMs, SECOND_MS } from '../../domain/time/time.ts';
import { RetryableError } from '../../errors.ts';
import type { HttpResponse } from '../../ports.ts';
import { readAnswer } from '../answer.ts';
import { parseServerTime } from '../contracts.ts';
import { isObject } from '../jsonValues.ts';
import { MARKET_WIRES, type MarketWire, SERVER_TIME_PATH } from '../markets.ts';
import { type DoctorOptions, type DoctorPorts, NotRunError } from './check.ts';

/** The documented rate of an address. Source: docs/bingx.md, "Rate limits". */
const GAP_MS = SECOND_MS;

export interface RestAnswer {
  readonly data: unknown;
  readonly response: HttpResponse;
  readonly roundTripMs: number;
  /** The middle of the round trip by this machine's clock. */
  readonly middle: EpochMs;
}

export type RawRow = Readonly<Record<string, unknown>>;

/** Requests at the documented pace, to the host that answers. */
export class RestSession {
  readonly options: DoctorOptions;
  readonly wire: MarketWire;
  readonly #ports: DoctorPorts;
  #base: string | null = null;
  #offsetMs = 0;
  #nextAt: EpochMs = Number.NEGATIVE_INFINITY;
  #recentRows: Promise<RecentRows> | null = null;

  constructor(ports: DoctorPorts, options: DoctorOptions) {
    this.#ports = ports;
    this.options = options;
    this.wire = MARKET_WIRES[options.market];
  }

  /** Finds the host that answers. Throws when none does. Returns the notes about the others. */
  async connect(signal: AbortSignal): Promise<{ readonly host: string; readonly failed: readonly string[] }> {
    const { restUrl, fallbackUrl } = this.options;
    const failed: string[] = [];
    for (const url of [restUrl, ...(fallbackUrl ? [fallbackUrl] : [])]) {
      try {
        const sent = await this.#send(url, SERVER_TIME_PATH, signal);
        dataOf(sent.response, 'the server time', this.now());
        this.#base = url;
        return { host: new URL(url).host, failed };
      } catch (error) {
        signal.throwIfAborted();
        failed.push(`${new URL(url).host}: ${error instanceof Error ? error.message : error}`);
      }
    }
    throw new RetryableError(`no host answers: ${failed.join('; ')}`);
  }

  /** The answer of a path with code 0. Throws for any other answer. */
  async get(path: string, signal: AbortSignal): Promise<RestAnswer> {
    if (this.#base === null) throw new NotRunError('no host answers');
    const sent = await this.#send(this.#base, path, signal);
    const data = dataOf(sent.response, new URL(path, this.#base).pathname, this.now());
    return { ...sent, data };
  }

  /** Asks for the exchange's time, and keeps the offset. */
  async serverTime(signal: AbortSignal): Promise<RestAnswer & { readonly time: EpochMs }> {
    const answer = await this.get(SERVER_TIME_PATH, signal);
    const time = parseServerTime(answer.data);
    this.#offsetMs = Math.round(time - answer.middle);
    return { ...answer, time };
  }

  /** Klines of the first symbol as they came; spot's arrays get the names of swap. */
  async klines(
    query: {
      readonly interval: Interval;
      readonly from: EpochMs;
      readonly to: EpochMs;
      readonly limit?: number;
    },
    signal: AbortSignal,
  ): Promise<RestAnswer & { readonly rows: readonly RawRow[] }> {
    const [symbol = ''] = this.options.symbols;
    const { interval, from, to, limit = 1_000 } = query;
    const { klinesPath, klinesQuery } = this.wire;
    const fields = { symbol, interval, startTime: from, endTime: to, limit, ...klinesQuery };
    const text = Object.entries(fields).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
    const answer = await this.get(`${klinesPath}?${text.join('&')}`, signal);
    if (!Array.isArray(answer.data))
      throw new RetryableError(
        `"data" is ${JSON.stringify(answer.data).slice(0, 40)}, expected an array of rows`,
      );
    return { ...answer, rows: answer.data.map(namedRow).filter(isObject) };
  }

  /** The 1m rows of the last half hour, asked for once, and when. */
  recentRows(signal: AbortSignal): Promise<RecentRows> {
    this.#recentRows ??= this.#readRecentRows(signal);
    return this.#recentRows;
  }

  /** The exchange's time, by the last server time. */
  now(): EpochMs {
    return this.#ports.clock.now() + this.#offsetMs;
  }

  async #readRecentRows(signal: AbortSignal): Promise<RecentRows> {
    const now = this.now();
    const answer = await this.klines({ interval: '1m', from: now - 1_800_000, to: now + 60_000 }, signal);
    return { ...answer, askedAt: now };
  }

  async #send(base: string, path: string, signal: AbortSignal): Promise<Omit<RestAnswer, 'data'>> {
    const { clock, httpGet } = this.#ports;
    await clock.sleep(Math.max(0, Math.min(GAP_MS, this.#nextAt - clock.now())), signal);
    this.#nextAt = clock.now() + GAP_MS;
    const [sentAt, startedAt] = [clock.now(), clock.monotonic()];
    const response = await httpGet(base + path, signal);
    const roundTripMs = clock.monotonic() - startedAt;
    return { response, roundTripMs, middle: sentAt + roundTripMs / 2 };
  }
}

export interface RecentRows extends RestAnswer {
  readonly rows: readonly RawRow[];
  /** Exchange time. */
  readonly askedAt: EpochMs;
}

/** A row by names. */
function namedRow(row: unknown): unknown {
  if (!Array.isArray(row)) return row;
  const [time, open, high, low, close, volume] = row as readonly unknown[];
  return { time, open, high, low, close, volume };
}

/** The data of an answer with code 0. Throws for any other answer. */
function dataOf(response: HttpResponse, subject: string, now: EpochMs): unknown {
  const answer = readAnswer(response, { subject, aboutSymbol: true, now });
  if (answer.kind === 'data') return answer.data;
  throw answer.kind === 'refused' ? answer.error : new RetryableError(answer.reason);
}

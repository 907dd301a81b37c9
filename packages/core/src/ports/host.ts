import type { EpochMs } from '../domain/time/time.ts';

/** Time, real or simulated. All waiting and measuring uses it. */
export interface Clock {
  now(): EpochMs;
  /** Milliseconds since some instant: they grow at the speed of `now`, also when the wall clock is set. */
  monotonic(): number;
  /** Resolves after `ms` of this clock; rejects with the signal's reason when it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/**
 * Lets other work of the host run: signals, requests to its server, the frames of a socket. Long computations
 * call it after each piece.
 */
export type YieldToHost = () => Promise<void>;

/** A number in [0, 1). */
export type Random = () => number;

export interface HttpResponse {
  readonly status: number;
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * One GET with the host's own time-out. Throws RetryableError without a response (network failure, time-out).
 */
export type HttpGet = (url: string, signal: AbortSignal) => Promise<HttpResponse>;

export interface Socket {
  send(text: string): void;
  /** Ends the connection at once, without waiting for the other side. `closed` is still called, once. */
  close(): void;
}

export interface SocketHandlers {
  opened(): void;
  /** A binary frame as bytes, a text frame as text. */
  frame(data: Uint8Array | string): void;
  /**
   * Called once, after any end of the connection, also when it never opened. `handshakeStatus` is the HTTP
   * status with which the other side refused the handshake.
   */
  closed(reason: string, handshakeStatus?: number): void;
}

export type OpenSocket = (url: string, handlers: SocketHandlers) => Socket;

/** Gunzips. Throws BadDataError when the input is not gzip or the output is longer than `maxBytes`. */
export type Inflate = (bytes: Uint8Array, maxBytes: number) => Uint8Array;

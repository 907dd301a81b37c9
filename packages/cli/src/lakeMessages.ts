import type { ClockSetting, DerivedBars, EpochMs, LakeStatus, ReportedEvent } from '@candlelake/core';
import { BadDataError, ConfigError, ConflictError, RetryableError } from '@candlelake/core';

/** What the lake worker is started with. */
export interface LakeWorkerOptions {
  readonly storePath: string;
  /** Whether the store is read through a memory map. */
  readonly memoryMapped: boolean;
  readonly lakeRoot: string;
  /** The file of the lease: at most one process has it locked. */
  readonly leasePath: string;
  /** The simulated clock of the process; null for the real one. */
  readonly clock: ClockSetting | null;
  /** Bars of earlier days are not sent to the main thread. */
  readonly barsFrom: EpochMs;
  /** Derives in flushes only, and loads the encoder at once. */
  readonly onlyFlushes?: boolean;
}

/** Messages to the worker. Each flush has its own number. */
export type LakeCommand =
  | { readonly kind: 'request' }
  | { readonly kind: 'flush'; readonly id: number }
  | { readonly kind: 'cancel'; readonly id: number }
  | { readonly kind: 'stop' };

/** Messages from the worker. */
export type LakeEvent =
  | { readonly kind: 'status'; readonly status: LakeStatus }
  | { readonly kind: 'bars'; readonly bars: readonly DerivedBars[] }
  | { readonly kind: 'day'; readonly day: EpochMs }
  | { readonly kind: 'report'; readonly event: ReportedEvent }
  | { readonly kind: 'flushed'; readonly id: number; readonly error: PlainError | null };

/** An error as plain data: messages between threads do not keep its class. */
export interface PlainError {
  readonly name: string;
  readonly message: string;
}

const ERRORS = { BadDataError, ConfigError, ConflictError, RetryableError };

/** Returns an error as plain data. */
export function toPlainError(error: unknown): PlainError {
  return error instanceof Error
    ? { name: error.name, message: error.message }
    : { name: 'Error', message: String(error) };
}

/** Returns the error with its class, from plain data. */
export function fromPlainError({ name, message }: PlainError): Error {
  const ErrorClass = Object.hasOwn(ERRORS, name) ? ERRORS[name as keyof typeof ERRORS] : Error;
  return new ErrorClass(message);
}

import type { ClockSetting, DerivedBars, EpochMs, LakeStatus, ReportedEvent } from '@candlelake/core';
import { BadDataError, ConfigError, ConflictError, RetryableError } from '@candlelake/core';

/** What the lake worker works on. */
export interface LakeWorkerOptions {
  readonly storePath: string;
  /** Reads of the store go through a memory map. */
  readonly memoryMapped: boolean;
  readonly lakeRoot: string;
  /** The file that one deriving process at a time holds locked. */
  readonly leasePath: string;
  /** The clock of the process; null for the real one. */
  readonly clock: ClockSetting | null;
  /** Bars of days before this one's are not sent to the main thread. */
  readonly barsFrom: EpochMs;
}

/** What the main thread says. Each flush has a number of its own. */
export type LakeOrder =
  | { readonly kind: 'request' }
  | { readonly kind: 'flush'; readonly id: number }
  | { readonly kind: 'cancel'; readonly id: number }
  | { readonly kind: 'stop' };

/** What the worker says. */
export type LakeNews =
  | { readonly kind: 'status'; readonly status: LakeStatus }
  | { readonly kind: 'bars'; readonly bars: readonly DerivedBars[] }
  | { readonly kind: 'report'; readonly event: ReportedEvent }
  | { readonly kind: 'flushed'; readonly id: number; readonly error: PlainError | null };

/** An error without its class, which no message between threads can carry. */
export interface PlainError {
  readonly name: string;
  readonly message: string;
}

const ERRORS = { BadDataError, ConfigError, ConflictError, RetryableError };

/** The error as plain data. */
export function toPlainError(error: unknown): PlainError {
  return error instanceof Error
    ? { name: error.name, message: error.message }
    : { name: 'Error', message: String(error) };
}

/** The error that was made plain, of its class again. */
export function fromPlainError({ name, message }: PlainError): Error {
  const ErrorClass = Object.hasOwn(ERRORS, name) ? ERRORS[name as keyof typeof ERRORS] : Error;
  return new ErrorClass(message);
}

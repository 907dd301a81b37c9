import type { LakeStatus } from './lakeStatus.ts';

/** Derives the lake from the store in the background, off the path of the candles. */
export interface LakeKeeper {
  /** Asks for a derivation soon: days were marked. */
  request(): void;
  /** Derives every day that is marked now. Throws the reason when it cannot; the marks stay then. */
  flush(signal: AbortSignal): Promise<void>;
  status(): LakeStatus;
}

import type { EpochMs } from '../domain/time/time.ts';
import { BadDataError } from '../errors.ts';
import type { CandleStore, DecodeTable, DerivationStore, ObjectStore, YieldToHost } from '../ports.ts';
import { type LakeCandles, readLakeCandles } from './lakeCandles.ts';

export interface ReadCandlesPorts {
  readonly objects: Pick<ObjectStore, 'read'>;
  readonly decode: DecodeTable;
  readonly yieldToHost: YieldToHost;
}

export interface TakeCandlesPorts extends ReadCandlesPorts {
  readonly candles: Pick<CandleStore, 'merge'>;
  readonly derivation: Pick<DerivationStore, 'advanceAsOf'>;
}

/** What was taken from objects of the lake. */
export interface TakenCandles {
  readonly candles: number;
  /** Objects whose candles cannot be taken. */
  readonly refused: readonly string[];
}

/**
 * Merges the candles of objects of the lake into a store, and raises its watermark to the last of them.
 * Objects that cannot be read whole are left out. A store that holds a final of the exchange keeps it.
 */
export async function takeCandles(
  ports: TakeCandlesPorts,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<TakenCandles> {
  const refused: string[] = [];
  let candles = 0;
  let until: EpochMs = 0;
  for await (const { path, content } of readAll(ports, paths, signal)) {
    if (content === null) {
      refused.push(path);
      continue;
    }
    await ports.candles.merge(content.facts);
    candles += content.candles;
    until = Math.max(until, content.until);
  }
  if (candles > 0) await ports.derivation.advanceAsOf(until);
  return { candles, refused };
}

/** The content of each object, in order; null for one that is not whole. */
export async function* readAll(
  { objects, decode, yieldToHost }: ReadCandlesPorts,
  paths: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<{ readonly path: string; readonly content: LakeCandles | null }> {
  for (const path of paths) {
    await yieldToHost();
    signal.throwIfAborted();
    yield { path, content: await readWhole(decode, path, await objects.read(path)) };
  }
}

async function readWhole(
  decode: DecodeTable,
  path: string,
  bytes: Uint8Array | null,
): Promise<LakeCandles | null> {
  if (bytes === null) return null;
  try {
    return await readLakeCandles(decode, path, bytes);
  } catch (error) {
    if (error instanceof BadDataError) return null;
    throw error;
  }
}

import type { Periods } from '../domain/bars/bars.ts';

/** Whole objects by path. Every read and write is of a whole object; a reader sees the old or the new one. */
export interface ObjectStore {
  /** A token of the object's present content, null when there is none. */
  version(path: string): Promise<string | null>;
  read(path: string): Promise<Uint8Array | null>;
  /** Replaces the object if it still has version `expected`, else throws ConflictError; equal content is left alone. */
  put(path: string, bytes: Uint8Array, expected: string | null): Promise<'written' | 'unchanged'>;
  remove(path: string, expected: string | null): Promise<void>;
  /** The paths of all objects, sorted. */
  list(): Promise<readonly string[]>;
}

/** One encoder for all tables: bytes of a Parquet file. */
export type EncodeTable = (table: LakeTable) => Uint8Array;

/** Rows of one lake object, in order, as columns. */
export interface LakeTable {
  readonly name: 'candles' | 'bars' | 'coverage';
  readonly length: number;
  /** By column name, as `lake/tables.ts` defines them. */
  readonly columns: Readonly<Record<string, LakeColumn>>;
  readonly metadata: LakeMetadata;
}

/** What the file says about its own making. Nothing here depends on the program or on the time of writing. */
export interface LakeMetadata {
  readonly schemaVersion: number;
  readonly derivationVersion: number;
  /** Of bars only: candles and coverage do not depend on them. */
  readonly periods?: Periods;
}

/** Numbers in typed arrays (timestamps are doubles of epoch ms); NaN in a nullable column is null. */
export type LakeColumn = TextColumn | Float64Array | Int32Array;

/** Few texts, many rows: the text of row i is `texts[codes[i]]`. */
export interface TextColumn {
  readonly texts: readonly (string | null)[];
  readonly codes: Uint16Array;
}

/** Runs `work` while no other process derives the same lake; waits for its turn. */
export type WithLakeLease = <T>(work: () => Promise<T>, signal: AbortSignal) => Promise<T>;

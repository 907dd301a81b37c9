import type { Periods } from '../domain/bars/indicators.ts';

/**
 * The objects of the lake by path. Every read and write is of a whole object; a reader sees the old one or
 * the new one.
 */
export interface ObjectStore {
  /** A token of the object's present content; null when there is no object. */
  version(path: string): Promise<string | null>;
  read(path: string): Promise<Uint8Array | null>;
  /**
   * Replaces the object if it still has version `expected` (null: if there is none), else throws
   * ConflictError. An object with the same content is not written again.
   */
  put(path: string, bytes: Uint8Array, expected: string | null): Promise<PutResult>;
  /** Removes the object if it still has version `expected`, else throws ConflictError. */
  remove(path: string, expected: string | null): Promise<void>;
  /** All objects, sorted by path. */
  list(): Promise<readonly ListedObject[]>;
}

export interface PutResult {
  /** False when the object had this content already. */
  readonly isWritten: boolean;
  /** The object's version now. */
  readonly version: string;
}

export interface ListedObject {
  readonly path: string;
  /** In bytes. */
  readonly size: number;
  /** Null where the object would have to be read to tell: {@link ObjectStore.version} does. */
  readonly version: string | null;
}

/** Encodes any of the tables as the bytes of a Parquet file. */
export type EncodeTable = (table: LakeTable) => Uint8Array;

/** As {@link EncodeTable}, in this thread or in another. */
export type EncodeAnywhere = (table: LakeTable) => Uint8Array | Promise<Uint8Array>;

/** A digest of all that the bytes of a table's file follow from: equal ones give equal bytes. */
export type Fingerprint = (table: LakeTable) => string;

/** The rows of one object of the lake, in order, as columns. */
export interface LakeTable {
  readonly name: 'candles' | 'bars' | 'coverage';
  readonly length: number;
  /** By column name, as `lake/tables.ts` defines them. */
  readonly columns: Readonly<Record<string, LakeColumn>>;
  readonly metadata: LakeMetadata;
}

/** The file's own metadata. Nothing in it depends on the version of the program or on the time of writing. */
export interface LakeMetadata {
  readonly schemaVersion: number;
  readonly derivationVersion: number;
  /** Bars only: candles and coverage do not depend on them. */
  readonly periods?: Periods;
}

/** Numbers in a typed array (timestamps are epoch ms as doubles); NaN in a nullable column is null. */
export type LakeColumn = TextColumn | Float64Array | Int32Array;

/** A column of few different texts: the text of row i is `texts[codes[i]]`. */
export interface TextColumn {
  readonly texts: readonly (string | null)[];
  readonly codes: Uint16Array;
}

/** A Parquet file as read back, whoever wrote it. */
export interface DecodedTable {
  /** In the order of the file. `type` is one of the lake's types, or what the file calls another. */
  readonly schema: readonly { readonly name: string; readonly type: string; readonly nullable: boolean }[];
  /** The value of the lake's metadata key; null without one. */
  readonly metadata: string | null;
  readonly length: number;
  /** By column name; timestamps are epoch ms. */
  readonly columns: Readonly<Record<string, readonly (string | number | null)[]>>;
}

/** Reads the bytes of a Parquet file. Throws BadDataError when they are none. */
export type DecodeTable = (bytes: Uint8Array) => Promise<DecodedTable>;

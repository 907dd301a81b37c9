import { BadDataError } from '../errors.ts';
import { tableOfPath } from '../lake/partitions.ts';
import type { DecodeTable, EncodeAnywhere, LakeTable, ObjectStore } from '../ports.ts';
import { findRowFault, findTableFault, type TableFault } from './tableFault.ts';

export type ObjectFaultKind =
  | TableFault['kind']
  /** The object is not there. */
  | 'missing'
  /** It is there although the day has no rows for it. */
  | 'unexpected'
  | 'unreadable'
  /** Its rows are right, but it is not the file that the derivation wrote. */
  | 'bytes'
  /** It is the file that the derivation wrote, and the store gives other rows now. */
  | 'store'
  /** A file that is not part of the lake. */
  | 'stray';

/** An object of the lake that is not what it should be. */
export interface ObjectFinding {
  readonly path: string;
  readonly kind: ObjectFaultKind;
  /** One line. */
  readonly detail: string;
}

export interface CheckObjectPorts {
  readonly objects: Pick<ObjectStore, 'read' | 'version'>;
  readonly encode: EncodeAnywhere;
  readonly decode: DecodeTable;
}

/** What an object should be. */
export interface ExpectedObject {
  readonly path: string;
  /** The rows that the store gives; null for no object. */
  readonly table: LakeTable | null;
  /** The version that the last derivation left; null when it is not recorded. */
  readonly version: string | null;
  /** A marked day is derived again: other rows than those of the store are no fault then. */
  readonly isPending: boolean;
}

/** An object as found. */
export interface CheckedObject {
  readonly isThere: boolean;
  readonly finding: ObjectFinding | null;
}

/**
 * Compares one object with what it should be. An object whose bytes equal those of a fresh encoding is right
 * in every respect; only another one is decoded, to name what is wrong with it.
 */
export async function checkObject(ports: CheckObjectPorts, expected: ExpectedObject): Promise<CheckedObject> {
  const { path, table, isPending } = expected;
  const bytes = await ports.objects.read(path);
  const found = (kind: ObjectFaultKind, detail: string): CheckedObject => ({
    isThere: bytes !== null,
    finding: { path, kind, detail },
  });
  const intact: CheckedObject = { isThere: bytes !== null, finding: null };
  if (bytes === null) return table && !isPending ? found('missing', 'it is not there') : intact;
  if (table && isEqual(bytes, await ports.encode(table))) return intact;
  if (!table && !isPending) return found('unexpected', 'the day has no rows for it');
  const fault = await faultOf(ports.decode, bytes, expected);
  const isAsWritten = !isPending && (await ports.objects.version(path)) === expected.version;
  if (fault === null) {
    // As written, but with other bytes: an earlier version of the encoder wrote it.
    if (isPending || isAsWritten) return intact;
    return found('bytes', 'its rows are right, but something else wrote or changed the file');
  }
  if (fault.kind !== 'rows' || !isAsWritten) return found(fault.kind, fault.detail);
  return found('store', `the file is as it was written, but the store has changed: ${fault.detail}`);
}

async function faultOf(
  decode: DecodeTable,
  bytes: Uint8Array,
  { path, table, isPending }: ExpectedObject,
): Promise<{ readonly kind: ObjectFaultKind; readonly detail: string } | null> {
  try {
    const decoded = await decode(bytes);
    const fault = findTableFault(decoded, tableOfPath(path));
    return fault ?? (isPending || !table ? null : findRowFault(decoded, table));
  } catch (error) {
    if (!(error instanceof BadDataError)) throw error;
    return { kind: 'unreadable', detail: error.message };
  }
}

function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false;
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return false;
  return true;
}

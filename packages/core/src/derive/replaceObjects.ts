import type { EpochMs } from '../domain/time/time.ts';
import type {
  DerivationStore,
  EncodeAnywhere,
  EncodedObject,
  Fingerprint,
  LakeObject,
  LakeTable,
  ObjectStore,
} from '../ports.ts';

/** An object before a derivation. */
interface PresentObject {
  /** Null where there is no object. */
  readonly version: string | null;
  /** Of what this version was encoded from; null when it is not recorded. */
  readonly fingerprint: string | null;
}

export type PresentObjects = ReadonlyMap<string, PresentObject>;

interface ReadPorts {
  readonly objects: ObjectStore;
  readonly derivation: Pick<DerivationStore, 'readEncodings'>;
}

/** The present versions of the objects of a day, and what they were encoded from. */
export async function readPresent(
  { objects, derivation }: ReadPorts,
  day: EpochMs,
  paths: readonly string[],
): Promise<PresentObjects> {
  const encodings = new Map((await derivation.readEncodings?.(day))?.map((one) => [one.path, one]));
  const present = new Map<string, PresentObject>();
  for (const path of paths) {
    const version = await objects.version(path);
    const encoding = encodings.get(path);
    const fingerprint = encoding?.version === version ? encoding.fingerprint : null;
    present.set(path, { version, fingerprint });
  }
  return present;
}

export interface Replacement {
  /** How many objects were written or removed. */
  readonly changed: number;
  /** The objects that exist now. */
  readonly objects: readonly LakeObject[];
  /** What they were encoded from, as far as there are fingerprints. */
  readonly encodings: readonly EncodedObject[];
}

/**
 * Replaces each object by its table, and removes the object of a table without rows; all at the same time,
 * because each waits for the disk or the network. A table with the fingerprint of the present object is not
 * encoded. Throws after all writes have ended: ConflictError when an object no longer has its present
 * version.
 */
export async function replaceObjects(
  ports: WritePorts,
  tables: ReadonlyMap<string, LakeTable | null>,
  present: PresentObjects,
): Promise<Replacement> {
  const writes = [...tables].map(([path, table]) =>
    replaceObject(ports, { path, table }, present.get(path) ?? { version: null, fingerprint: null }),
  );
  const objects: LakeObject[] = [];
  const encodings: EncodedObject[] = [];
  let changed = 0;
  for (const write of await Promise.allSettled(writes)) {
    if (write.status === 'rejected') throw write.reason;
    const { path, version, fingerprint, isChanged } = write.value;
    if (version !== null) objects.push({ path, version });
    if (version !== null && fingerprint !== null) encodings.push({ path, version, fingerprint });
    if (isChanged) changed += 1;
  }
  return { changed, objects, encodings };
}

interface WritePorts {
  readonly objects: ObjectStore;
  readonly encode: EncodeAnywhere;
  readonly fingerprint?: Fingerprint;
}

async function replaceObject(
  { objects, encode, fingerprint: fingerprintOf }: WritePorts,
  { path, table }: { readonly path: string; readonly table: LakeTable | null },
  present: PresentObject,
) {
  if (!table) {
    if (present.version !== null) await objects.remove(path, present.version);
    return { path, version: null, fingerprint: null, isChanged: present.version !== null };
  }
  const fingerprint = fingerprintOf?.(table) ?? null;
  if (fingerprint !== null && fingerprint === present.fingerprint)
    return { path, version: present.version, fingerprint, isChanged: false };
  const { isWritten, version } = await objects.put(path, await encode(table), present.version);
  return { path, version, fingerprint, isChanged: isWritten };
}

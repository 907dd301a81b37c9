import type { EncodeAnywhere, LakeObject, LakeTable, ObjectStore } from '../ports.ts';

/** The present version of each object; null where there is none. */
export async function readVersions(
  objects: ObjectStore,
  paths: readonly string[],
): Promise<ReadonlyMap<string, string | null>> {
  const versions = new Map<string, string | null>();
  for (const path of paths) versions.set(path, await objects.version(path));
  return versions;
}

export interface Replacement {
  /** How many objects were written or removed. */
  readonly changed: number;
  /** The objects that exist now. */
  readonly objects: readonly LakeObject[];
}

/**
 * Replaces each object by its table, and removes the object of a table without rows; all at the same time,
 * because each waits for the disk or the network. Throws after all writes have ended: ConflictError when an
 * object no longer has the version in `versions`.
 */
export async function replaceObjects(
  ports: WritePorts,
  tables: ReadonlyMap<string, LakeTable | null>,
  versions: ReadonlyMap<string, string | null>,
): Promise<Replacement> {
  const writes = [...tables].map(([path, table]) =>
    replaceObject(ports, { path, table }, versions.get(path) ?? null),
  );
  const objects: LakeObject[] = [];
  let changed = 0;
  for (const write of await Promise.allSettled(writes)) {
    if (write.status === 'rejected') throw write.reason;
    const { path, version, isChanged } = write.value;
    if (version !== null) objects.push({ path, version });
    if (isChanged) changed += 1;
  }
  return { changed, objects };
}

interface WritePorts {
  readonly objects: ObjectStore;
  readonly encode: EncodeAnywhere;
}

async function replaceObject(
  { objects, encode }: WritePorts,
  { path, table }: { readonly path: string; readonly table: LakeTable | null },
  expected: string | null,
) {
  if (table) {
    const { isWritten, version } = await objects.put(path, await encode(table), expected);
    return { path, version, isChanged: isWritten };
  }
  if (expected !== null) await objects.remove(path, expected);
  return { path, version: null, isChanged: expected !== null };
}

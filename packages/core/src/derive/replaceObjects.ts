import type { EncodeTable, LakeTable, ObjectStore } from '../ports.ts';

/** The present version of each object; null where there is none. */
export async function readVersions(
  objects: ObjectStore,
  paths: readonly string[],
): Promise<ReadonlyMap<string, string | null>> {
  const versions = new Map<string, string | null>();
  for (const path of paths) versions.set(path, await objects.version(path));
  return versions;
}

/**
 * Replaces each object by its table, and removes the object of a table without rows; all at the same time,
 * because each waits for the disk or the network. Returns how many objects changed. Throws after all writes
 * have ended: ConflictError when an object no longer has the version in `versions`.
 */
export async function replaceObjects(
  ports: { readonly objects: ObjectStore; readonly encode: EncodeTable },
  tables: ReadonlyMap<string, LakeTable | null>,
  versions: ReadonlyMap<string, string | null>,
): Promise<number> {
  const writes = [...tables].map(([path, table]) =>
    replaceObject(ports, { path, table }, versions.get(path) ?? null),
  );
  const ends = await Promise.allSettled(writes);
  let changed = 0;
  for (const end of ends) {
    if (end.status === 'rejected') throw end.reason;
    changed += end.value;
  }
  return changed;
}

async function replaceObject(
  { objects, encode }: { readonly objects: ObjectStore; readonly encode: EncodeTable },
  { path, table }: { readonly path: string; readonly table: LakeTable | null },
  version: string | null,
): Promise<number> {
  if (table) return (await objects.put(path, encode(table), version)) === 'written' ? 1 : 0;
  if (version === null) return 0;
  await objects.remove(path, version);
  return 1;
}

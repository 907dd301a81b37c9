import type { EncodeTable, LakeTable, ObjectStore } from '../ports.ts';

/** The present version of each object, null where there is none. */
export async function readVersions(
  objects: ObjectStore,
  paths: readonly string[],
): Promise<ReadonlyMap<string, string | null>> {
  const versions = new Map<string, string | null>();
  for (const path of paths) versions.set(path, await objects.version(path));
  return versions;
}

/**
 * Puts each table in place of the version that was read before its rows, and removes the object of a table without rows. Returns how many
 * objects changed. Throws ConflictError when one has another version by now.
 */
export async function writeTables(
  ports: { readonly objects: ObjectStore; readonly encode: EncodeTable },
  tables: ReadonlyMap<string, LakeTable | null>,
  versions: ReadonlyMap<string, string | null>,
): Promise<number> {
  let changed = 0;
  for (const [path, table] of tables) {
    const version = versions.get(path) ?? null;
    if (table) {
      if ((await ports.objects.put(path, ports.encode(table), version)) === 'written') changed += 1;
    } else if (version !== null) {
      await ports.objects.remove(path, version);
      changed += 1;
    }
  }
  return changed;
}

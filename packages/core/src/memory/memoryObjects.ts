import { ConflictError } from '../errors.ts';
import type { ObjectStore } from '../ports.ts';

interface StoredObject {
  readonly bytes: Uint8Array;
  readonly version: string;
}

/** Objects in memory, for tests and simulations. Versions count the writes. */
export function createMemoryObjects(): ObjectStore {
  const objects = new Map<string, StoredObject>();
  let writes = 0;

  const versionOf = (path: string) => objects.get(path)?.version ?? null;
  const expect = (path: string, expected: string | null) => {
    const version = versionOf(path);
    if (version === expected) return;
    throw new ConflictError(`object "${path}" has version "${version}", expected "${expected}"`);
  };

  return {
    async version(path) {
      return versionOf(path);
    },
    async read(path) {
      return objects.get(path)?.bytes.slice() ?? null;
    },
    async put(path, bytes, expected) {
      expect(path, expected);
      const present = objects.get(path);
      if (present && equalBytes(present.bytes, bytes)) return { isWritten: false, version: present.version };
      writes += 1;
      const version = String(writes);
      objects.set(path, { bytes: bytes.slice(), version });
      return { isWritten: true, version };
    },
    async remove(path, expected) {
      expect(path, expected);
      objects.delete(path);
    },
    async list() {
      const listed = [...objects].map(([path, { bytes, version }]) => ({
        path,
        size: bytes.length,
        version,
      }));
      return listed.sort((a, b) => (a.path < b.path ? -1 : 1));
    },
  };
}

function equalBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, i) => byte === other[i]);
}

import { createHash } from 'node:crypto';
import { ConflictError } from '@candlelake/core';
import type { DiskObjects } from './host.ts';

interface File {
  readonly bytes: Uint8Array;
  /** The hash of the content, as with files; null until it is asked for. */
  version: string | null;
}

/** Objects in memory. */
export function createDiskObjects(): DiskObjects {
  const files = new Map<string, File>();
  const versionOf = (path: string): string | null => {
    const file = files.get(path);
    if (!file) return null;
    file.version ??= createHash('sha1').update(file.bytes).digest('hex');
    return file.version;
  };
  const expect = (path: string, expected: string | null) => {
    if (versionOf(path) !== expected) throw new ConflictError(`object "${path}" has another version`);
  };

  return {
    version: async (path) => versionOf(path),
    read: async (path) => files.get(path)?.bytes.slice() ?? null,
    async put(path, bytes, expected) {
      expect(path, expected);
      const present = files.get(path);
      const isWritten = !present || Buffer.compare(present.bytes, bytes) !== 0;
      if (isWritten) files.set(path, { bytes: bytes.slice(), version: null });
      return { isWritten, version: versionOf(path)! };
    },
    async remove(path, expected) {
      expect(path, expected);
      files.delete(path);
    },
    list: async () =>
      [...files].sort(byPath).map(([path, { bytes }]) => ({ path, size: bytes.length, version: null })),
    damage(kind, draw) {
      const paths = [...files.keys()].sort();
      const place = Math.floor(draw * paths.length);
      const path = paths[place];
      if (path === undefined) return null;
      const { bytes } = files.get(path)!;
      if (kind === 'object-deleted') files.delete(path);
      else if (kind === 'object-torn')
        files.set(path, { bytes: bytes.slice(0, Math.floor(bytes.length * draw)), version: null });
      else files.set(path, { ...files.get(paths[(place + 1) % paths.length]!)! });
      return path;
    },
  };
}

function byPath([one]: [string, unknown], [other]: [string, unknown]): number {
  return one < other ? -1 : 1;
}

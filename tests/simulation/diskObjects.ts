import { createHash } from 'node:crypto';
import { ConflictError, type ObjectStore } from '@candlelake/core';
import type { FaultKind } from './faults.ts';

/** Lake objects of a simulated machine: they outlive its processes, and faults can damage them. */
export interface DiskObjects extends ObjectStore {
  /** Damages one object in place; `draw` in [0, 1) picks it. Returns its path, null when there is none. */
  damage(kind: Extract<FaultKind, `object-${string}`>, draw: number): string | null;
}

/** An object's version is the hash of its content, as with files. */
export function createDiskObjects(): DiskObjects {
  const files = new Map<string, Uint8Array>();
  const versionOf = (path: string) => {
    const bytes = files.get(path);
    return bytes ? createHash('sha256').update(bytes).digest('hex') : null;
  };
  const expect = (path: string, expected: string | null) => {
    if (versionOf(path) !== expected) throw new ConflictError(`object "${path}" has another version`);
  };

  return {
    version: async (path) => versionOf(path),
    read: async (path) => files.get(path)?.slice() ?? null,
    async put(path, bytes, expected) {
      expect(path, expected);
      const present = files.get(path);
      const isWritten = !present || Buffer.compare(present, bytes) !== 0;
      if (isWritten) files.set(path, bytes.slice());
      return { isWritten, version: versionOf(path)! };
    },
    async remove(path, expected) {
      expect(path, expected);
      files.delete(path);
    },
    list: async () =>
      [...files.keys()].sort().map((path) => ({ path, size: files.get(path)!.length, version: null })),
    damage(kind, draw) {
      const paths = [...files.keys()].sort();
      const path = paths[Math.floor(draw * paths.length)];
      if (path === undefined) return null;
      const bytes = files.get(path)!;
      if (kind === 'object-deleted') files.delete(path);
      else if (kind === 'object-torn') files.set(path, bytes.slice(0, Math.floor(bytes.length * draw)));
      else files.set(path, files.get(paths[(paths.indexOf(path) + 1) % paths.length]!)!);
      return path;
    },
  };
}

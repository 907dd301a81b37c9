import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { createFileObjects } from '../../../packages/cli/src/adapters/fileObjects.ts';
import type { VirtualTime } from '../virtualTime.ts';
import type { DiskObjects } from './host.ts';

/** Objects as files below `root`, by the adapter of the command line. Time stands still during each call. */
export function createFolderObjects(root: string, time: VirtualTime): DiskObjects {
  const files = createFileObjects(root);
  return {
    version: (path) => time.hold(files.version(path)),
    read: (path) => time.hold(files.read(path)),
    put: (path, bytes, expected) => time.hold(files.put(path, bytes, expected)),
    remove: (path, expected) => time.hold(files.remove(path, expected)),
    list: () => time.hold(files.list()),
    damage(kind, draw) {
      const paths = objectsBelow(root);
      const place = Math.floor(draw * paths.length);
      const path = paths[place];
      if (path === undefined) return null;
      const bytes = readFileSync(path);
      if (kind === 'object-deleted') rmSync(path);
      else if (kind === 'object-torn') truncateSync(path, Math.floor(bytes.length * draw));
      else writeFileSync(path, readFileSync(paths[(place + 1) % paths.length]!));
      return relative(root, path);
    },
  };
}

function objectsBelow(root: string): readonly string[] {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.parquet'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

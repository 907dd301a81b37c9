import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { readdir, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { BadDataError, ConflictError, type ObjectStore } from '@candlelake/core';
import {
  isTemporary,
  makeFolder,
  moveFile,
  replaceFile,
  syncFolder,
  type WriteBytes,
} from './durableFile.ts';
import { codeOf, fileError } from './fileErrors.ts';

/** Objects as files below a folder. */
export interface FileObjects extends ObjectStore {
  /** The paths of all files below the root, of any name, sorted; without the temporary files of writers. */
  listFiles(): Promise<readonly string[]>;
  /**
   * Moves files, as `listFiles` names them, to the same paths below `folder`; those that are gone are left
   * out.
   */
  moveAside(paths: readonly string[], folder: string): Promise<void>;
  /** Removes temporary files of killed writers. Needs the lease: that of a running writer looks the same. */
  removeTemporaries(): Promise<void>;
}

export interface FileObjectsOptions {
  readonly write?: WriteBytes;
  /** The number of the disk that a folder lies on. */
  readonly diskOf?: (folder: string) => number;
}

/**
 * Opens the objects below the folder `root`, which does not have to exist yet. An object's version is the
 * SHA-256 of its content. Methods throw BadDataError for a path that could leave the root, and a one-line
 * error when the disk is full or not writable.
 *
 * Temporary files lie in `<root>.tmp`: readers refuse a folder of Parquet files that holds any other file.
 * Where the root is a disk of its own they lie in `<root>/.tmp`, because a rename works on one disk only.
 */
export function createFileObjects(
  root: string,
  { write, diskOf = (folder) => statSync(folder).dev }: FileObjectsOptions = {},
): FileObjects {
  const outside = `${root}.tmp`;
  const inside = join(root, '.tmp');
  const fileOf = (path: string) => {
    if (!isPlainPath(path)) throw new BadDataError(`object path "${path}": expected names between slashes`);
    return join(root, ...path.split('/'));
  };
  const versionAt = (path: string) => {
    const bytes = readIfThere(fileOf(path));
    return bytes && versionOf(bytes);
  };
  const expect = (path: string, expected: string | null) => {
    const found = versionAt(path);
    if (found === expected) return;
    throw new ConflictError(`object "${path}" has version "${found}", expected "${expected}"`);
  };

  return {
    async version(path) {
      return versionAt(path);
    },
    async read(path) {
      return readIfThere(fileOf(path));
    },
    async put(path, bytes, expected) {
      const file = fileOf(path);
      expect(path, expected);
      const version = versionOf(bytes);
      if (version === expected) return { isWritten: false, version };
      try {
        await makeFolder(dirname(file));
        const temporaryFolder = diskOf(root) === diskOf(dirname(root)) ? outside : inside;
        await makeFolder(temporaryFolder);
        await replaceFile(file, bytes, { temporaryFolder, write });
      } catch (error) {
        throw fileError(error, { file, action: 'written' });
      }
      return { isWritten: true, version };
    },
    async remove(path, expected) {
      const file = fileOf(path);
      expect(path, expected);
      if (expected === null) return;
      try {
        await rm(file, { force: true });
        await syncFolder(dirname(file));
        await removeEmptyFolders(dirname(file), root);
      } catch (error) {
        throw fileError(error, { file, action: 'removed' });
      }
    },
    async listFiles() {
      const files = (await filesBelow(root)).filter((file) => !isTemporary(basename(file)));
      return files.map(toPath).sort();
    },
    async moveAside(paths, folder) {
      for (const path of paths) {
        const file = join(root, path);
        if (existsSync(file)) await moveFile(file, join(folder, path));
        await removeEmptyFolders(dirname(file), root);
      }
    },
    async list() {
      const listed = (await filesBelow(root)).map(toPath).filter(isPlainPath).sort();
      // A file that was removed meanwhile has no size any more.
      return listed.flatMap((path) => {
        const size = statSync(fileOf(path), { throwIfNoEntry: false })?.size;
        return size === undefined ? [] : { path, size, version: null };
      });
    },
    async removeTemporaries() {
      for (const place of [outside, root]) {
        const files = (await filesBelow(place)).filter((file) => isTemporary(basename(file)));
        for (const file of files) await rm(join(place, file));
      }
    },
  };
}

/**
 * Whether a path is names between slashes, none of which begins with a dot: no `..`, no hidden file, no
 * temporary file.
 */
function isPlainPath(path: string): boolean {
  return /^[\w=-][\w=.-]*(\/[\w=-][\w=.-]*)*$/.test(path);
}

function toPath(file: string): string {
  return file.split(sep).join('/');
}

function versionOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function readIfThere(file: string): Buffer | null {
  try {
    return readFileSync(file);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw fileError(error, { file, action: 'read' });
  }
}

/** All files and links below a folder, relative to it. */
async function filesBelow(root: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(root, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => relative(root, join(entry.parentPath, entry.name)));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw fileError(error, { file: root, action: 'read' });
  }
}

/**
 * A partition without objects leaves no folder, so that equal lakes have equal folders. Removals that run at
 * the same time may find that another one has removed a folder: they go on with the folder above it.
 */
async function removeEmptyFolders(folder: string, root: string): Promise<void> {
  for (let path = folder; relative(root, path) !== ''; path = dirname(path)) {
    try {
      await rmdir(path);
      await syncFolder(dirname(path));
    } catch (error) {
      if (codeOf(error) === 'ENOTEMPTY' || codeOf(error) === 'EEXIST') return;
      if (codeOf(error) !== 'ENOENT') throw error;
    }
  }
}

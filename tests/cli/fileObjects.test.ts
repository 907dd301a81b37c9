import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, writeSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { BadDataError, RetryableError } from '@candlelake/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createFileObjects } from '../../packages/cli/src/adapters/fileObjects.ts';
import { objectStoreContract } from '../contracts/objectStore.ts';
import { listPaths } from '../support/lake.ts';

const PATH = 'bars/timeframe=21m/date=2026-11-22/bars.parquet';
const TEMPORARY = '.bars.parquet.4711-0-3.tmp';
let folder: string;
let root: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'candlelake-objects-'));
  root = join(folder, 'made', 'on', 'demand');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

objectStoreContract('files', async () => createFileObjects(root));

/** Every file and folder below the root, by its relative path. */
const everything = async () => (await readdir(root, { recursive: true })).sort();

/** Every file below a place, by its relative path. */
function filesIn(place: string): string[] {
  const entries = readdirSync(place, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(place, join(entry.parentPath, entry.name)))
    .sort();
}

describe('objects as files', () => {
  test('are below the root that was given, and nowhere else (predecessor fault 42)', async () => {
    await createFileObjects(root).put(PATH, Uint8Array.of(1), null);
    expect(await readFile(join(root, 'bars', 'timeframe=21m', 'date=2026-11-22', 'bars.parquet'))).toEqual(
      Buffer.of(1),
    );
    expect(await readdir(root)).toEqual(['bars']);
    expect(await readdir(folder)).toEqual(['made']);
    // Empty: the temporary file was renamed.
    expect((await readdir(folder, { recursive: true })).filter((name) => name.includes('.tmp'))).toEqual([
      'made/on/demand.tmp',
    ]);
  });

  test('have the SHA-256 of their content as version, whoever wrote them', async () => {
    await mkdir(join(root, 'a'), { recursive: true });
    await writeFile(join(root, 'a', 'b'), 'candles');
    const expected = createHash('sha256').update('candles').digest('hex');
    expect(await createFileObjects(root).version('a/b')).toBe(expected);
  });

  test.each([
    '../a',
    'a/../../b',
    '/etc/passwd',
    'a//b',
    '',
    'a/',
    './a',
    '.hidden',
    'a\\..\\b',
    'a/..',
    'a\0b',
    'C:/a',
  ])('of the path %j do not exist: it is refused', async (path) => {
    const objects = createFileObjects(root);
    await expect(objects.read(path)).rejects.toThrow(BadDataError);
    await expect(objects.version(path)).rejects.toThrow(BadDataError);
    await expect(objects.put(path, Uint8Array.of(1), null)).rejects.toThrow(BadDataError);
    await expect(objects.remove(path, null)).rejects.toThrow(BadDataError);
    expect(await readdir(folder)).toEqual([]);
  });

  test('leave no temporary file, and no empty folder when they are removed', async () => {
    const objects = createFileObjects(root);
    await objects.put(PATH, Uint8Array.of(1), null);
    await objects.put('bars/other', Uint8Array.of(1), null);
    expect(await everything()).toHaveLength(5);
    await objects.remove(PATH, await objects.version(PATH));
    expect(await everything()).toEqual(['bars', 'bars/other']);
    await objects.remove('bars/other', await objects.version('bars/other'));
    expect(await everything()).toEqual([]);
  });

  test('are removed at the same time, though each removal may empty the folder above', async () => {
    const objects = createFileObjects(root);
    const paths = Array.from({ length: 40 }, (_, day) => `bars/timeframe=21m/date=${day}/bars.parquet`);
    const written = await Promise.all(paths.map((path) => objects.put(path, Uint8Array.of(1), null)));
    await Promise.all(paths.map((path, index) => objects.remove(path, written[index]!.version)));
    expect(await everything()).toEqual([]);
  });

  test('have their temporary file where no reader of the lake looks, and it is all of a new object', async () => {
    const seen: string[][] = [];
    const write = (descriptor: number, bytes: Uint8Array) => {
      writeSync(descriptor, bytes);
      seen.push(filesIn(root), filesIn(folder));
    };
    const objects = createFileObjects(root, { write });
    await objects.put(PATH, Uint8Array.of(1), null);
    expect(seen[0]).toEqual([]);
    expect(seen[1]).toEqual([expect.stringMatching(/^made\/on\/demand\.tmp\/\.bars\.parquet\..+\.tmp$/)]);
    await objects.put(PATH, Uint8Array.of(2), await objects.version(PATH));
    expect(seen[2]).toEqual([PATH]);
  });

  test('have it in a hidden folder of a root that is a disk of its own: a rename works on one disk only', async () => {
    const seen: string[] = [];
    const write = (descriptor: number, bytes: Uint8Array) => {
      writeSync(descriptor, bytes);
      seen.push(...filesIn(folder));
    };
    const objects = createFileObjects(root, { write, diskOf: (path) => (path === root ? 2 : 1) });
    await objects.put(PATH, Uint8Array.of(1), null);
    expect(seen).toEqual([expect.stringMatching(/^made\/on\/demand\/\.tmp\/\.bars\.parquet\..+\.tmp$/)]);
    expect(await listPaths(objects)).toEqual([PATH]);
  });

  test.each([
    { place: 'where they lie', path: () => `${root}.tmp` },
    { place: 'on a disk of its own', path: () => join(root, '.tmp') },
    { place: 'beside an object, as earlier versions put them', path: () => dirname(join(root, PATH)) },
  ])(
    'do not list the temporary files of a killed writer, and only those are removed: $place',
    async ({ path }) => {
      const objects = createFileObjects(root);
      await objects.put(PATH, Uint8Array.of(1), null);
      await mkdir(path(), { recursive: true });
      await writeFile(join(path(), TEMPORARY), 'half');
      await writeFile(join(path(), '.nfs0001'), 'of the file system');
      await writeFile(join(root, 'notes.tmp'), 'of the user');
      const before = filesIn(folder);
      expect(await listPaths(objects)).toEqual([PATH, 'notes.tmp']);
      await objects.removeTemporaries();
      expect(filesIn(folder)).toEqual(before.filter((name) => !name.endsWith(TEMPORARY)));
      expect(filesIn(folder)).toHaveLength(before.length - 1);
    },
  );

  test('have no temporary files where there is no lake yet', async () => {
    await createFileObjects(root).removeTemporaries();
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('a full disk', () => {
  /** Takes `room` bytes of a file and then has no space, as the system says it. */
  const fullAfter = (room: number) => (descriptor: number, bytes: Uint8Array) => {
    writeSync(descriptor, bytes.subarray(0, room));
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  };

  test('is one clear error; the old object is whole and nothing else is left', async () => {
    await createFileObjects(root).put(PATH, Uint8Array.of(1, 2, 3), null);
    const before = await everything();
    const objects = createFileObjects(root, { write: fullAfter(2) });
    const version = await objects.version(PATH);
    const failure = objects.put(PATH, Uint8Array.of(4, 5, 6), version);
    await expect(failure).rejects.toThrow(RetryableError);
    await expect(failure).rejects.toThrow(
      /^the disk is full: ".*bars\.parquet" could not be written and is as it was; free some space$/,
    );
    expect(await objects.version(PATH)).toBe(version);
    expect(await everything()).toEqual(before);
  });
});

/** One of the two contents that the writers below put in turns: a megabyte of one byte value. */
const isWhole = (bytes: Uint8Array) => Buffer.alloc(1 << 20, bytes[0]).equals(bytes);

test('a reader and a kill -9 find the old object or the new one, never half of one', async () => {
  const script = `
    import { createFileObjects } from ${JSON.stringify(new URL('../../packages/cli/src/adapters/fileObjects.ts', import.meta.url).href)};
    const objects = createFileObjects(${JSON.stringify(root)});
    for (let i = 0; ; i++) {
      await objects.put(${JSON.stringify(PATH)}, new Uint8Array(1 << 20).fill(1 + (i % 2)), await objects.version(${JSON.stringify(PATH)}));
      if (i === 0) process.stdout.write('first');
    }`;
  const objects = createFileObjects(root);
  for (let round = 0; round < 2; round++) {
    const writer = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      await once(writer.stdout, 'data');
      for (let look = 0; look < 30; look++) expect(isWhole((await objects.read(PATH))!)).toBe(true);
    } finally {
      writer.kill('SIGKILL');
      await once(writer, 'exit');
    }
    expect(isWhole((await objects.read(PATH))!)).toBe(true);
    await objects.removeTemporaries();
    expect(filesIn(folder)).toEqual([join('made', 'on', 'demand', PATH)]);
  }
});

import { ConflictError, type ObjectStore } from '@candlelake/core';
import { describe, expect, test } from 'vitest';

const PATH = 'bars/timeframe=21m/date=2026-11-22/bars.parquet';
const OTHER = 'coverage/interval=3m/date=2026-11-22/coverage.parquet';
const OLD = Uint8Array.of(1, 2, 3);
const NEW = Uint8Array.of(1, 2, 4);

/** The contract of an object store; each test opens an empty one. */
export function objectStoreContract(name: string, open: () => Promise<ObjectStore>): void {
  describe(`${name} as an object store`, () => {
    test('a missing object has no version and no content', async () => {
      const store = await open();
      expect(await store.version(PATH)).toBeNull();
      expect(await store.read(PATH)).toBeNull();
      expect(await store.list()).toEqual([]);
    });

    test('what was put is read back, byte for byte', async () => {
      const store = await open();
      const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 31) % 256);
      expect((await store.put(PATH, bytes, null)).isWritten).toBe(true);
      expect(new Uint8Array((await store.read(PATH))!)).toEqual(bytes);
      expect(await store.version(PATH)).not.toBeNull();
    });

    test('an empty object exists', async () => {
      const store = await open();
      await store.put(PATH, new Uint8Array(), null);
      expect((await store.read(PATH))!.length).toBe(0);
      expect(await store.version(PATH)).not.toBeNull();
    });

    test('a later change of the bytes that were put or read changes no object', async () => {
      const store = await open();
      const bytes = OLD.slice();
      await store.put(PATH, bytes, null);
      bytes.fill(9);
      expect(new Uint8Array((await store.read(PATH))!)).toEqual(OLD);
      (await store.read(PATH))!.fill(9);
      expect(new Uint8Array((await store.read(PATH))!)).toEqual(OLD);
    });

    test('other content gives another version', async () => {
      const store = await open();
      await store.put(PATH, OLD, null);
      const version = await store.version(PATH);
      expect((await store.put(PATH, NEW, version)).isWritten).toBe(true);
      expect(await store.version(PATH)).not.toBe(version);
      expect(new Uint8Array((await store.read(PATH))!)).toEqual(NEW);
    });

    test('equal content is not written and keeps its version', async () => {
      const store = await open();
      await store.put(PATH, OLD, null);
      const version = await store.version(PATH);
      expect(await store.put(PATH, OLD.slice(), version)).toEqual({ isWritten: false, version });
      expect(await store.version(PATH)).toBe(version);
    });

    test('content that is a prefix of the old one is written', async () => {
      const store = await open();
      await store.put(PATH, OLD, null);
      expect((await store.put(PATH, OLD.subarray(0, 2), await store.version(PATH))).isWritten).toBe(true);
      expect(new Uint8Array((await store.read(PATH))!)).toEqual(OLD.subarray(0, 2));
    });

    test('a put or a remove that expects another version fails and changes nothing', async () => {
      const store = await open();
      await expect(store.put(PATH, OLD, 'no such version')).rejects.toThrow(ConflictError);
      await expect(store.remove(PATH, 'no such version')).rejects.toThrow(ConflictError);
      expect(await store.list()).toEqual([]);
      await store.put(PATH, OLD, null);
      const stale = await store.version(PATH);
      await store.put(PATH, NEW, stale);
      for (const expected of [null, stale]) {
        await expect(store.put(PATH, OLD, expected)).rejects.toThrow(ConflictError);
        await expect(store.put(PATH, NEW, expected)).rejects.toThrow(ConflictError);
        await expect(store.remove(PATH, expected)).rejects.toThrow(ConflictError);
      }
      expect(new Uint8Array((await store.read(PATH))!)).toEqual(NEW);
    });

    test('a removed object can be put again', async () => {
      const store = await open();
      await store.put(PATH, OLD, null);
      await store.put(OTHER, OLD, null);
      await store.remove(PATH, await store.version(PATH));
      expect(await store.version(PATH)).toBeNull();
      expect((await store.list()).map(({ path }) => path)).toEqual([OTHER]);
      expect((await store.put(PATH, OLD, null)).isWritten).toBe(true);
    });

    test('removing a missing object is no error', async () => {
      const store = await open();
      await store.remove(PATH, null);
      expect(await store.list()).toEqual([]);
    });

    test('a put returns the version that the object has from then on', async () => {
      const store = await open();
      const first = await store.put(PATH, OLD, null);
      expect(first).toEqual({ isWritten: true, version: await store.version(PATH) });
      const second = await store.put(PATH, NEW, first.version);
      expect(second).toEqual({ isWritten: true, version: await store.version(PATH) });
    });

    test('all objects are listed by path, with their size, and with their version where that needs no read', async () => {
      const store = await open();
      const paths = ['a/b', 'a/b-c', PATH, OTHER];
      for (const path of paths.toReversed()) await store.put(path, new Uint8Array(path.length), null);
      const listed = await store.list();
      expect(listed.map(({ path, size }) => [path, size])).toEqual(paths.map((path) => [path, path.length]));
      for (const { path, version } of listed) expect([null, await store.version(path)]).toContain(version);
    });
  });
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { type AuditPorts, auditLake, findingsOf, type LakeAudit, type LakeSettings } from '@candlelake/core';
import { createFileObjects } from '../../packages/cli/src/adapters/fileObjects.ts';
import { decodeParquet } from '../../packages/cli/src/adapters/parquetFile.ts';
import { openSqliteStore, type SqliteStore } from '../../packages/cli/src/adapters/sqliteStore.ts';
import { encode } from '../support/encoder.ts';
import { DAY, DAY_ONE, deriveOnce, SETTINGS, series, shapedCandle } from '../support/lake.ts';

const EVERYTHING = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
const SLOT = 180_000;
export const { signal } = new AbortController();

/** A lake of files with its SQLite store, and an audit of both. */
export interface AuditedLake {
  readonly path: string;
  readonly root: string;
  readonly store: SqliteStore;
  readonly ports: AuditPorts;
  audit(): Promise<LakeAudit>;
  /** The paths of all findings, sorted. */
  findings(): Promise<readonly string[]>;
  derive(): Promise<void>;
  remove(): void;
}

/**
 * Three days of 3m candles and 21m bars of two symbols, derived. One symbol begins in the first night, both have
 * holes and end in the third day; so no two objects are equal.
 */
export async function createAuditedLake(settings: LakeSettings = SETTINGS): Promise<AuditedLake> {
  const path = mkdtempSync(join(tmpdir(), 'candlelake-audit-'));
  const root = join(path, 'parquet');
  const store = openSqliteStore(join(path, 'candles.sqlite'), { now: () => DAY_ONE });
  await store.writeSettings(settings);
  for (const [shape, symbol] of ['AAA-USDT', 'BBB-USDT'].entries()) {
    const slots = Array.from({ length: 1_200 }, (_, i) => i).filter((i) => i >= shape * 50 && i % 397 !== 0);
    const candles = slots.map((i) => shapedCandle(DAY_ONE + i * SLOT, i * 7 + shape));
    await store.merge([{ series: series(symbol, '3m'), candles }]);
  }
  await store.advanceAsOf(DAY_ONE + 2.5 * DAY);
  const objects = createFileObjects(root);
  const shared = { candles: store, derivation: store, encode, yieldToHost: () => setImmediate() };
  const ports = { ...shared, objects, decode: decodeParquet, listFiles: objects.listFiles };
  const derive = async () => {
    while ((await deriveOnce({ ...shared, objects }, signal)).days > 0);
  };
  await derive();
  const audit = () => auditLake(ports, EVERYTHING, signal);
  return {
    ...{ path, root, store, ports, audit, derive },
    findings: async () =>
      findingsOf(await audit())
        .map(({ path: found }) => found)
        .sort(),
    remove() {
      store.close();
      rmSync(path, { recursive: true, force: true });
    },
  };
}

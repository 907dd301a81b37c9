import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { EpochMs, LakeStatus, StreamStatus } from '@candlelake/core';
import { PARTITIONS } from '../../names.ts';
import type { DynamoTable } from './table.ts';

/** What the stream said of itself, and when by its own clock. */
export interface StreamReport {
  readonly at: EpochMs;
  readonly status: StreamStatus;
}

/** What the stream and the builder of the lake say of themselves, for all others. */
export interface StatusItems {
  writeStream(report: StreamReport): Promise<void>;
  readStream(): Promise<StreamReport | null>;
  writeLake(status: LakeStatus): Promise<void>;
  readLake(): Promise<LakeStatus | null>;
}

/** Hundreds of symbols look alike: deflated, a status stays within a few write units. */
export function createStatusItems(table: DynamoTable): StatusItems {
  const keyOf = (sort: 'stream' | 'lake') => ({ partition: PARTITIONS.status, sort });

  async function write(sort: 'stream' | 'lake', value: unknown): Promise<void> {
    const body = deflateRawSync(JSON.stringify(value)).toString('base64');
    await table.put({ key: keyOf(sort), item: { body } });
  }

  async function read<T>(sort: 'stream' | 'lake'): Promise<T | null> {
    const item = await table.get(keyOf(sort));
    if (item === null) return null;
    return JSON.parse(inflateRawSync(Buffer.from(item.body as string, 'base64')).toString('utf8')) as T;
  }

  return {
    writeStream: (report) => write('stream', report),
    readStream: () => read('stream'),
    writeLake: (status) => write('lake', status),
    readLake: () => read('lake'),
  };
}

import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { EpochMs, LakeStatus, StreamStatus } from '@candlelake/core';
import { PARTITIONS } from '../../names.ts';
import type { DynamoTable } from './table.ts';

/** The status of the stream, and when it was taken by the stream's clock. */
export interface StreamReport {
  readonly at: EpochMs;
  readonly status: StreamStatus;
}

/** The last status of the stream and of the lake, for the other processes. */
export interface StatusItems {
  writeStream(report: StreamReport): Promise<void>;
  readStream(): Promise<StreamReport | null>;
  writeLake(status: LakeStatus): Promise<void>;
  readLake(): Promise<LakeStatus | null>;
}

/**
 * One item each. Deflated, because the status of hundreds of symbols would cost a write unit for every six.
 */
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

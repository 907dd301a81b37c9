import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { BackfillStatus, EpochMs, LakeStatus, StreamStatus } from '@candlelake/core';
import { PARTITIONS } from '../../names.ts';
import type { DynamoTable } from './table.ts';

/** The status of the stream, and when it was taken by the stream's clock. */
export interface StreamReport {
  readonly at: EpochMs;
  readonly status: StreamStatus;
}

/** How far the worker is with the range that it took last, and when it said so by its clock. */
export interface BackfillReport {
  readonly at: EpochMs;
  readonly status: BackfillStatus;
}

/** The last status of the stream, of the lake and of the worker, for the other processes. */
export interface StatusItems {
  writeStream(report: StreamReport): Promise<void>;
  readStream(): Promise<StreamReport | null>;
  writeLake(status: LakeStatus): Promise<void>;
  readLake(): Promise<LakeStatus | null>;
  writeBackfill(report: BackfillReport): Promise<void>;
  readBackfill(): Promise<BackfillReport | null>;
}

type StatusKind = 'stream' | 'lake' | 'backfill';

/**
 * One item each. Deflated, because the status of hundreds of symbols would cost a write unit for every six.
 */
export function createStatusItems(table: DynamoTable): StatusItems {
  const keyOf = (sort: StatusKind) => ({ partition: PARTITIONS.status, sort });

  async function write(sort: StatusKind, value: unknown): Promise<void> {
    const body = deflateRawSync(JSON.stringify(value)).toString('base64');
    await table.put({ key: keyOf(sort), item: { body } });
  }

  async function read<T>(sort: StatusKind): Promise<T | null> {
    const item = await table.get(keyOf(sort));
    if (item === null) return null;
    return JSON.parse(inflateRawSync(Buffer.from(item.body as string, 'base64')).toString('utf8')) as T;
  }

  return {
    writeStream: (report) => write('stream', report),
    readStream: () => read('stream'),
    writeLake: (status) => write('lake', status),
    readLake: () => read('lake'),
    writeBackfill: (report) => write('backfill', report),
    readBackfill: () => read('backfill'),
  };
}

import type { EncodeTable, Settings } from '@candlelake/core';
import { createDynamoStore } from '../../../packages/functions/src/adapters/dynamo/store.ts';
import { createMemoryTable } from '../../functions/memoryTable.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { DiskObjects, Host } from '../machine/host.ts';
import { createCloudJobs } from './cloudJobs.ts';
import { startTask } from './cloudTask.ts';

export interface CloudHostOptions {
  readonly exchange: Exchange;
  readonly objects: DiskObjects;
  readonly encode: EncodeTable;
  readonly settings: Settings;
}

const SLOWEST_WRITE_MS = 20;

/** The AWS host over a table in memory: a task that streams, and the functions on their schedules. */
export function createCloudHost(options: CloudHostOptions): Host {
  const { exchange, objects, settings } = options;
  const table = createMemoryTable();
  const jobs = createCloudJobs({ ...options, table });
  let tasks = 0;
  jobs.start();
  return {
    objects,
    start({ mortal, ...parts }) {
      const delay = () => parts.clock.sleep(exchange.random() * SLOWEST_WRITE_MS);
      tasks += 1;
      return startTask({
        ...parts,
        settings,
        address: `task ${tasks}`,
        table: mortal(table, 'table', delay),
        healthTable: table,
        requestDerivation: jobs.requestDerivation,
      });
    },
    beforeTear() {},
    onKilled() {},
    store: () => createDynamoStore(table, { now: exchange.time.now, realNow: exchange.time.now }),
    finish: jobs.finish,
    close() {},
  };
}

import { adoptSettings, lakeSettingsOf, type Settings } from '@candlelake/core';
import { createStatusItems } from '../../../packages/functions/src/adapters/dynamo/statusItems.ts';
import { createStreamStore } from '../../../packages/functions/src/adapters/dynamo/store.ts';
import type { DynamoTable } from '../../../packages/functions/src/adapters/dynamo/table.ts';
import { readHealth } from '../../../packages/functions/src/jobs/readHealth.ts';
import { runStream } from '../../../packages/functions/src/stream/runStream.ts';
import { createRetryingStore } from '../../../packages/functions/src/wire.ts';
import { connectExchange } from '../machine/exchangePorts.ts';
import type { CollectorProcess, ProcessParts } from '../machine/host.ts';

export interface TaskOptions extends Pick<ProcessParts, 'exchange' | 'clock' | 'report'> {
  /** The table in whose calls the task can be killed. */
  readonly table: DynamoTable;
  /** The same table as `GET /health` reads it. */
  readonly healthTable: DynamoTable;
  readonly settings: Settings;
  readonly address: string;
  readonly requestDerivation: () => Promise<void>;
}

const metrics = { addMetric() {}, addMetadata() {}, publishStoredMetrics() {} };

/** Starts the stream of the AWS host. A killed task never ends: it makes no further call. */
export function startTask(options: TaskOptions): CollectorProcess {
  const { exchange, clock, report, table, settings, address, requestDerivation } = options;
  const store = createStreamStore(table, { now: clock.now, realNow: clock.now });
  const parts = {
    ...{ settings, requestDerivation, pace: store, status: createStatusItems(table) },
    ...connectExchange({ exchange, clock, report, address, pace: store }),
    ...createRetryingStore(store, { clock, random: exchange.random, report }),
  };
  const stopping = new AbortController();
  const run = adoptSettings(
    { candles: store, derivation: store, report },
    lakeSettingsOf(settings),
    'simulation',
  ).then(() => runStream(parts, metrics as unknown as Parameters<typeof runStream>[1], stopping.signal));
  const { readStream, readBackfill } = createStatusItems(options.healthTable);
  return {
    ended: run.then(
      () => null,
      (error: unknown) => error,
    ),
    stop: () => stopping.abort(),
    async health() {
      const health = await readHealth(
        { now: exchange.time.now, readStream, readBackfill, writtenAt: async () => null },
        settings,
      );
      return 'exceptions' in health ? health : null;
    },
  };
}

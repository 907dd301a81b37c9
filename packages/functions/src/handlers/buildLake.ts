import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { brotliDecompressSync } from 'node:zlib';
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { SECOND_MS } from '@candlelake/core';
import { createEncoder } from '@candlelake/core/encode';
import { yieldToHost } from '@candlelake/node';
import { createS3Client, createSnsClient } from '../adapters/clients.ts';
import { createS3ObjectStore } from '../adapters/s3ObjectStore.ts';
import { createSnsNotifier } from '../adapters/snsNotifier.ts';
import { readVariable } from '../environment.ts';
import { type BuildPorts, buildLake, lakeLagMs } from '../jobs/buildLake.ts';
import { METRICS, PACKED_WASM_FILE, VARIABLES, WASM_FILE } from '../names.ts';
import { createHandler, deadline, metrics } from '../observe.ts';
import { createAdopt, wireBase } from '../wire.ts';

/** The time that stopping in the middle of a day may take. */
const RESERVE_MS = 60_000;

const base = wireBase();
const ports: BuildPorts = {
  ...base,
  objects: createS3ObjectStore({ client: createS3Client(), bucket: readVariable(VARIABLES.bucket) }),
  encode: createEncoder(readWasm()),
  yieldToHost,
  notify: createSnsNotifier(createSnsClient(), readVariable(VARIABLES.crossoverTopic)),
};
const adopt = createAdopt(base);

/** Derives the marked days. */
export const handler = createHandler(async (_tick: unknown, context) => {
  await adopt();
  const status = await buildLake(ports, deadline(context, RESERVE_MS));
  metrics.addMetric(METRICS.lakeLag, MetricUnit.Seconds, lakeLagMs(status, base.clock.now()) / SECOND_MS);
  return { dirtyDays: status.dirtyDays };
});

/** The encoder beside the bundle; from node_modules under `sst dev`. */
function readWasm(): Uint8Array {
  const packed = new URL(`./${PACKED_WASM_FILE}`, import.meta.url);
  if (existsSync(packed)) return brotliDecompressSync(readFileSync(packed));
  return readFileSync(createRequire(import.meta.url).resolve(`parquet-wasm/esm/${WASM_FILE}`));
}

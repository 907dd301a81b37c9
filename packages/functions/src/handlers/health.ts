import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { createS3Client } from '../adapters/clients.ts';
import { headObject } from '../adapters/s3ObjectStore.ts';
import { readVariable } from '../environment.ts';
import { answerHealth, type HealthEvent } from '../jobs/answerHealth.ts';
import { VARIABLES } from '../names.ts';
import { createHandler, metrics } from '../observe.ts';
import { wireBase } from '../wire.ts';

const { settings, clock, status, report } = wireBase();
const lake = { client: createS3Client(), bucket: readVariable(VARIABLES.bucket) };
const ports = {
  now: clock.now,
  readStream: status.readStream,
  readBackfill: status.readBackfill,
  writtenAt: async (path: string) => (await headObject(lake, path))?.modifiedAt ?? null,
  metrics,
  report,
};

/** Answers `GET /health`, and the schedule that asks once a minute. */
export const handler = createHandler(
  (event: HealthEvent): Promise<APIGatewayProxyStructuredResultV2> => answerHealth(event, ports, settings),
);

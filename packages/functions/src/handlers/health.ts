import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { createS3Client } from '../adapters/clients.ts';
import { headObject } from '../adapters/s3ObjectStore.ts';
import { readVariable } from '../environment.ts';
import { readHealth } from '../jobs/readHealth.ts';
import { VARIABLES } from '../names.ts';
import { createHandler } from '../observe.ts';
import { wireBase } from '../wire.ts';

const { settings, clock, status } = wireBase();
const lake = { client: createS3Client(), bucket: readVariable(VARIABLES.bucket) };

/** `GET /health`: 200 or 503, with the body of the local host's `/health`. */
export const handler = createHandler(async (): Promise<APIGatewayProxyStructuredResultV2> => {
  const health = await readHealth(
    {
      now: clock.now,
      readStream: status.readStream,
      writtenAt: async (path) => (await headObject(lake, path))?.modifiedAt ?? null,
    },
    settings.interval,
  );
  return {
    statusCode: health.status === 'ok' ? 200 : 503,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    body: JSON.stringify(health),
  };
});

import { LAKE_PREFIX } from '../packages/functions/src/names.ts';
import type { Stage } from './settings.ts';
import type { Storage } from './storage.ts';

/** A policy for people and programs that read the lake's objects, with DuckDB or pandas, and nothing else. */
export function createReadPolicy(stage: Stage, { bucket }: Storage): aws.iam.Policy {
  const { json } = aws.iam.getPolicyDocumentOutput({
    statements: [
      { actions: ['s3:GetObject'], resources: [$interpolate`${bucket.arn}/${LAKE_PREFIX}*`] },
      {
        actions: ['s3:ListBucket'],
        resources: [bucket.arn],
        conditions: [{ test: 'StringLike', variable: 's3:prefix', values: [`${LAKE_PREFIX}*`] }],
      },
    ],
  });
  return new aws.iam.Policy('ReadLake', {
    name: `${$app.name}-${stage.name}-read-lake`,
    description: `Read the lake of ${$app.name}-${stage.name}`,
    policy: json,
  });
}

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';

/**
 * Four tries of five seconds and the waits between them take less than the minute that a writer of marked
 * days reserves for its last call.
 */
const LIMITS = {
  maxAttempts: 4,
  requestHandler: { connectionTimeout: 2_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
} as const;

/** Region, keys and endpoint come from the environment variables that Lambda and Fargate set. */
export function createDynamoClient(): DynamoDBClient {
  return new DynamoDBClient(LIMITS);
}

export function createS3Client(): S3Client {
  return new S3Client({ ...LIMITS, forcePathStyle: hasOwnEndpoint() });
}

export function createSnsClient(): SNSClient {
  return new SNSClient(LIMITS);
}

export function createSqsClient(): SQSClient {
  return new SQSClient(LIMITS);
}

/** A stand-in for AWS has one address, so the bucket's name goes into the path. */
function hasOwnEndpoint(): boolean {
  return process.env.AWS_ENDPOINT_URL !== undefined || process.env.AWS_ENDPOINT_URL_S3 !== undefined;
}

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';

/**
 * Every call ends: four tries of five seconds and the waits between them stay below the minute that a writer of marked days leaves for its last
 * one.
 */
const LIMITS = {
  maxAttempts: 4,
  requestHandler: { connectionTimeout: 2_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
} as const;

/** Region, keys and endpoint come from the environment, as Lambda and Fargate set it. */
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

/** A stand-in on one address can't serve a host name for each bucket. */
function hasOwnEndpoint(): boolean {
  return process.env.AWS_ENDPOINT_URL !== undefined || process.env.AWS_ENDPOINT_URL_S3 !== undefined;
}

import { createHash } from 'node:crypto';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import {
  BadDataError,
  ConflictError,
  type EpochMs,
  type ListedObject,
  type ObjectStore,
} from '@candlelake/core';
import { LAKE_PREFIX } from '../names.ts';
import { callAws, statusOf } from './awsErrors.ts';

/** The metadata of an object, from a HEAD request. */
export interface ObjectHead {
  readonly version: string;
  /**
   * SHA-256 of the content from the object's metadata; undefined for an object that another program wrote.
   */
  readonly sha256: string | undefined;
  readonly modifiedAt: EpochMs | null;
}

/** The bucket of the lake, and a client for it. */
export interface S3Lake {
  readonly client: S3Client;
  readonly bucket: string;
}

const CONTENT_TYPE = 'application/vnd.apache.parquet';
const SHA256 = 'sha256';

/**
 * Statuses of a conditional write that lost against another: 412 when the version changed before, 409 when
 * both ran at once. Source: S3 user guide, "Conditional requests".
 */
const CONFLICTS: readonly (number | undefined)[] = [409, 412];

/**
 * The objects of the lake, below {@link LAKE_PREFIX} of a bucket. An object's version is its ETag. Content is
 * compared by our own hash in the metadata, because an ETag is not a hash of the content under every
 * encryption. Methods throw RetryableError when S3 does not answer.
 */
export function createS3ObjectStore({ client, bucket }: S3Lake): ObjectStore {
  const at = (path: string) => ({ Bucket: bucket, Key: keyOf(path) });

  return {
    version: async (path) => (await headObject({ client, bucket }, path))?.version ?? null,
    read: (path) =>
      nullIfMissing(async () => {
        const { Body } = await client.send(new GetObjectCommand(at(path)));
        return Body!.transformToByteArray();
      }),
    async put(path, bytes, expected) {
      const head = await expectVersion({ client, bucket }, path, expected);
      const hash = createHash('sha256').update(bytes).digest('hex');
      if (head?.sha256 === hash) return { isWritten: false, version: head.version };
      const command = new PutObjectCommand({
        ...at(path),
        Body: bytes,
        ContentType: CONTENT_TYPE,
        Metadata: { [SHA256]: hash },
        ...(expected === null ? { IfNoneMatch: '*' } : { IfMatch: expected }),
      });
      const { ETag } = await writeOrConflict(path, expected, () => client.send(command));
      return { isWritten: true, version: ETag! };
    },
    async remove(path, expected) {
      const head = await expectVersion({ client, bucket }, path, expected);
      if (head === null) return;
      const command = new DeleteObjectCommand({ ...at(path), IfMatch: head.version });
      await writeOrConflict(path, expected, () => client.send(command));
    },
    async list() {
      const listed: ListedObject[] = [];
      let token: string | undefined;
      do {
        const command = new ListObjectsV2Command({
          Bucket: bucket,
          Prefix: LAKE_PREFIX,
          ...(token && { ContinuationToken: token }),
        });
        const page = await callAws('read from the bucket', () => client.send(command));
        for (const { Key, Size, ETag } of page.Contents ?? [])
          listed.push({ path: Key!.slice(LAKE_PREFIX.length), size: Size!, version: ETag! });
        token = page.NextContinuationToken;
      } while (token);
      return listed.sort((a, b) => (a.path < b.path ? -1 : 1));
    },
  };
}

/** The metadata of an object; null when it does not exist. */
export function headObject({ client, bucket }: S3Lake, path: string): Promise<ObjectHead | null> {
  return nullIfMissing(async () => {
    const head = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: keyOf(path) }));
    return {
      version: head.ETag!,
      sha256: head.Metadata?.[SHA256],
      modifiedAt: head.LastModified?.getTime() ?? null,
    };
  });
}

async function expectVersion(
  lake: S3Lake,
  path: string,
  expected: string | null,
): Promise<ObjectHead | null> {
  const head = await headObject(lake, path);
  const found = head?.version ?? null;
  if (found === expected) return head;
  throw new ConflictError(`object "${path}" has version ${found}, expected ${expected}`);
}

async function writeOrConflict<T>(
  path: string,
  expected: string | null,
  write: () => Promise<T>,
): Promise<T> {
  return callAws('write to the bucket', async () => {
    try {
      return await write();
    } catch (cause) {
      // 404: the object was removed after its version was read.
      if (!CONFLICTS.includes(statusOf(cause)) && statusOf(cause) !== 404) throw cause;
      throw new ConflictError(`object "${path}" was written by another, expected version ${expected}`, {
        cause,
      });
    }
  });
}

function nullIfMissing<T>(read: () => Promise<T>): Promise<T | null> {
  return callAws('read from the bucket', async () => {
    try {
      return await read();
    } catch (error) {
      if (statusOf(error) === 404) return null;
      throw error;
    }
  });
}

/**
 * The key of a path. Throws BadDataError unless it is names between slashes, none of which begins with a
 * point.
 */
function keyOf(path: string): string {
  if (/^[\w=-][\w=.-]*(\/[\w=-][\w=.-]*)*$/.test(path)) return LAKE_PREFIX + path;
  throw new BadDataError(`object path "${path}": expected names between slashes`);
}

import type { S3Client } from '@aws-sdk/client-s3';

/** What was used of the bucket. */
export interface BucketUse {
  /** PUT and LIST. */
  writes: number;
  /** GET and HEAD. */
  reads: number;
}

interface Input {
  readonly Key: string;
  readonly Body: Uint8Array;
  readonly Metadata: Readonly<Record<string, string>>;
  readonly IfMatch?: string;
  readonly IfNoneMatch?: string;
}

/** LIST tells of this many objects at once. */
const KEYS_PER_LIST = 1000;

/** A bucket in memory that counts what S3 would bill. DELETE is free. */
export function createMeteredBucket(): { readonly client: S3Client; readonly use: BucketUse } {
  const objects = new Map<string, Input & { readonly ETag: string }>();
  const use: BucketUse = { writes: 0, reads: 0 };
  let versions = 0;

  function head({ Key }: Input): object {
    use.reads += 1;
    const found = objects.get(Key);
    if (!found) throw failure(404);
    return { ETag: found.ETag, Metadata: found.Metadata };
  }

  function put(input: Input): object {
    use.writes += 1;
    const found = objects.get(input.Key);
    if (input.IfNoneMatch === '*' && found) throw failure(412);
    if (input.IfMatch !== undefined && found?.ETag !== input.IfMatch) throw failure(412);
    versions += 1;
    const ETag = `"${versions}"`;
    objects.set(input.Key, { ...input, ETag });
    return { ETag };
  }

  function answer(name: string, input: Input): object {
    if (name === 'HeadObjectCommand') return head(input);
    if (name === 'PutObjectCommand') return put(input);
    if (name === 'ListObjectsV2Command') {
      use.writes += Math.max(1, Math.ceil(objects.size / KEYS_PER_LIST));
      const Contents = [...objects.values()].map(({ Key, Body, ETag }) => ({ Key, Size: Body.length, ETag }));
      return { Contents };
    }
    if (name !== 'DeleteObjectCommand') throw new Error(`the metered bucket has no "${name}"`);
    objects.delete(input.Key);
    return {};
  }

  const send = async (command: { readonly input: Input; readonly constructor: { readonly name: string } }) =>
    answer(command.constructor.name, command.input);
  return { client: { send } as unknown as S3Client, use };
}

function failure(httpStatusCode: number): Error {
  return Object.assign(new Error(`status ${httpStatusCode}`), { $metadata: { httpStatusCode } });
}

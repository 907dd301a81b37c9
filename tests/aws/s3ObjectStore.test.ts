import { createS3ObjectStore } from '../../packages/functions/src/adapters/s3ObjectStore.ts';
import { objectStoreContract } from '../contracts/objectStore.ts';
import { createBucket, s3 } from './resources.ts';

objectStoreContract('S3', async () => createS3ObjectStore({ client: s3, bucket: await createBucket() }));

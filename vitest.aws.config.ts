import { defineConfig } from 'vitest/config';

if (!process.env.AWS_ENDPOINT_URL) {
  console.error(
    'AWS_ENDPOINT_URL is not set: expected the address of a stand-in, such as http://127.0.0.1:5577',
  );
  process.exit(2);
}

export default defineConfig({
  test: {
    include: ['tests/aws/**/*.test.ts'],
    restoreMocks: true,
    sequence: { shuffle: true },
    testTimeout: 300_000,
    hookTimeout: 60_000,
    env: {
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_EC2_METADATA_DISABLED: 'true',
    },
  },
});

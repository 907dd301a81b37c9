import { defineConfig } from 'vitest/config';

/** The lane of the deployment: two or three whole deploys and what they registered. Not part of `npm test`. */
export default defineConfig({
  test: {
    include: ['tests/infra/**/*.test.ts'],
    globalSetup: ['tests/infra/setup.ts'],
    testTimeout: 120_000,
    // The first run of all lets sst install its platform.
    hookTimeout: 600_000,
  },
});

import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    // These need a server that plays AWS, or SST's platform: lanes of their own.
    exclude: ['tests/aws/**', 'tests/infra/**'],
    restoreMocks: true,
    sequence: { shuffle: true },
    // Real processes and a fast-check run both need room on a two-core machine.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Programs that tests start compile their modules once, not at each start: 0.2 s of CPU instead of 0.4 s.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/node-compile') },
  },
});

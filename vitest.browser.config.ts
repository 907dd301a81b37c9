import { defineConfig } from 'vitest/config';

/** The page in Chromium (`tests/browser/chromium.ts` says where it looks for it). */
export default defineConfig({
  test: {
    include: ['tests/browser/**/*.test.ts'],
    restoreMocks: true,
    sequence: { shuffle: true },
    // Two pages at once on two cores would measure each other.
    maxWorkers: 1,
    isolate: false,
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
});

import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    // These need a server that plays AWS, Trino, SST's platform, or a browser: lanes of their own.
    exclude: ['tests/aws/**', 'tests/trino/**', 'tests/infra/**', 'tests/browser/**'],
    restoreMocks: true,
    sequence: { shuffle: true },
    // Tests of processes mostly wait; a second worker runs meanwhile, also on two cores.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // One module registry for all files of a worker: half of the CPU time of pure tests was loading modules again.
    isolate: false,
    // Six times what the slowest test takes on two idle cores: a busy machine may need three times as long.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // Programs that tests start compile their modules once, not at each start: 0.2 s of CPU instead of 0.4 s.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/node-compile') },
  },
});

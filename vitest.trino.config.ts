import { defineConfig } from 'vitest/config';
import aws from './vitest.aws.config.ts';

/** Trino reads what a stand-in for AWS holds. `tests/trino/run` starts the server. */
export default defineConfig({ test: { ...aws.test, include: ['tests/trino/**/*.test.ts'] } });

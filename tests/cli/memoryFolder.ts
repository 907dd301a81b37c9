import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';

/**
 * A folder in memory where the system has one. For stores of tests that cut no power: on a disk each of their
 * writes waits until it is safe.
 */
export const MEMORY_FOLDER = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

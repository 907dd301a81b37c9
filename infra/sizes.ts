import { type Interval, intervalMs } from '../packages/core/src/domain/time/interval.ts';
import { DAY_MS } from '../packages/core/src/domain/time/time.ts';
import { ConfigError } from '../packages/core/src/errors.ts';
import { FUNCTIONS } from '../packages/functions/src/names.ts';

/** What decides how much memory a stage needs. */
export interface Load {
  readonly symbols: readonly string[];
  readonly interval: Interval;
}

export interface TaskSize {
  readonly vcpu: number;
  readonly memoryGb: number;
  /** Limit of the old generation of V8; without one it takes about half of the task's memory. */
  readonly heapMb: number;
}

/** Heap that a candle takes in the stream's store; tests/deploy/sizes.test.ts measures it. */
export const HEAP_BYTES_PER_SLOT = 320;

/** The stream keeps today and yesterday of every symbol. */
const STREAM_DAYS = 2;
/** The program itself, buffers of sockets included. */
const BASE_MB = 120;
/**
 * Garbage between two collections, as a share of what is kept: 600 symbols of 3m candles peaked at 343 MB.
 */
const GARBAGE = 1.3;
/** Of a task's memory; the rest is for the system and what V8 keeps outside its heap. */
const USABLE = 0.9;
/** Outside the old generation. */
const NOT_HEAP_MB = 110;

/** What Fargate has, the cheapest first. Source: Amazon ECS developer guide, "Task CPU and memory". */
const TASKS = [
  { vcpu: 0.25, memoryGb: 0.5 },
  { vcpu: 0.25, memoryGb: 1 },
  { vcpu: 0.25, memoryGb: 2 },
  { vcpu: 0.5, memoryGb: 3 },
  { vcpu: 0.5, memoryGb: 4 },
] as const;

/** The smallest task that holds the stream. Throws ConfigError with the numbers when none does. */
export function taskSizeFor(load: Load): TaskSize {
  const slots = load.symbols.length * slotsPerDay(load.interval);
  const neededMb = BASE_MB + (STREAM_DAYS * slots * HEAP_BYTES_PER_SLOT * GARBAGE) / 1e6;
  const found = TASKS.find(({ memoryGb }) => neededMb <= memoryGb * 1024 * USABLE);
  if (found) return { ...found, heapMb: found.memoryGb * 1024 - NOT_HEAP_MB };
  throw tooLarge(
    load,
    `${Math.ceil(neededMb)} MB in the stream's task, which has at most ${largestTaskMb()}`,
  );
}

/**
 * Above the peak of a derivation of 600 symbols of 3m candles, 288,000 rows a day: benchmarks/RESULTS.md,
 * "scale".
 */
const LAKE_BASE_MB = 100;
const LAKE_BYTES_PER_ROW = 850;
/** The most that a new account may give a function. Source: Lambda developer guide, "Lambda quotas". */
const LARGEST_FUNCTION_MB = 3008;

/**
 * The memory of `buildLake`, which holds one day of all symbols. Throws ConfigError with the numbers when
 * none is enough.
 */
export function lakeMemoryMb(load: Load): number {
  const rows = load.symbols.length * slotsPerDay(load.interval);
  const neededMb = (LAKE_BASE_MB + (rows * LAKE_BYTES_PER_ROW) / 1e6) / USABLE;
  const { memoryMb } = FUNCTIONS.buildLake;
  if (neededMb <= LARGEST_FUNCTION_MB) return Math.max(memoryMb, Math.ceil(neededMb / 64) * 64);
  throw tooLarge(load, `${Math.ceil(neededMb)} MB in buildLake, which has at most ${LARGEST_FUNCTION_MB}`);
}

function slotsPerDay(interval: Interval): number {
  return DAY_MS / intervalMs(interval);
}

function largestTaskMb(): number {
  return Math.floor(TASKS.at(-1)!.memoryGb * 1024 * USABLE);
}

function tooLarge({ symbols, interval }: Load, need: string): ConfigError {
  const slots = `${symbols.length} symbols with ${slotsPerDay(interval)} slots a day`;
  return new ConfigError(`${slots} need ${need}: expected fewer symbols or a longer interval`);
}

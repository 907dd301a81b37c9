import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { NODE_FLAGS } from './childProcess.ts';
import { MIB, processMemory, threadTimes } from './processMemory.ts';
import type { BenchRow } from './result.ts';

/** How often the running program is looked at. */
const SAMPLE_MS = 20;

const PROGRAM = fileURLToPath(new URL('../packages/cli/bin/candlelake.mjs', import.meta.url));

/** A process so far. */
interface Sample {
  readonly seconds: number;
  /** Highest resident memory, in bytes. */
  readonly peak: number;
  /** CPU seconds by name of thread; those of ended threads included. */
  readonly cpu: ReadonlyMap<string, number>;
}

/** The phases of an import end at these lines of its output. */
const PHASES = [
  { label: 'started', end: / reading / },
  { label: 'read, checked, merged, committed', end: /: imported / },
] as const;
const LAST_PHASE = 'derived';

export interface TimedImport extends Sample {
  /** What each phase took. */
  readonly phases: readonly BenchRow[];
}

/** Runs `candlelake import` as a process of its own. */
export async function timeImport(csv: string, folder: string): Promise<TimedImport> {
  const start = performance.now();
  const args = [...NODE_FLAGS, PROGRAM, 'import', csv, '--symbol', 'BTC-USDT', '--output', folder];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const cpuOf = new Map<string, { readonly name: string; readonly seconds: number }>();
  let sample: Sample = { seconds: 0, peak: 0, cpu: new Map() };
  const look = () => {
    const seconds = (performance.now() - start) / 1000;
    try {
      for (const { id, name, ms } of threadTimes(child.pid!)) cpuOf.set(id, { name, seconds: ms / 1000 });
      sample = { seconds, peak: processMemory(child.pid!).peak || sample.peak, cpu: sumOf(cpuOf.values()) };
    } catch {
      // It has ended meanwhile.
      sample = { ...sample, seconds };
    }
    return sample;
  };
  const ends: Sample[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (PHASES[ends.length]?.end.test(line)) ends.push(look());
  });
  while (child.exitCode === null && child.signalCode === null) {
    look();
    await Promise.race([ended, pause(SAMPLE_MS)]);
  }
  await ended;
  if (child.exitCode !== 0) throw new Error(`the import ended with ${child.exitCode}`);
  const labels = [...PHASES.map(({ label }) => label), LAST_PHASE];
  const phases = [...ends, look()].map((end, index) => ({
    label: `candlelake import: ${labels[index]}`,
    text: phaseText(end, ends[index - 1]),
  }));
  return { ...sample, phases };
}

function sumOf(threads: Iterable<{ readonly name: string; readonly seconds: number }>) {
  const sums = new Map<string, number>();
  for (const { name, seconds } of threads) sums.set(name, (sums.get(name) ?? 0) + seconds);
  return sums;
}

/** Seconds and CPU seconds of the phase between two samples, and the peak at its end. */
function phaseText(end: Sample, begin: Sample = { seconds: 0, peak: 0, cpu: new Map() }): string {
  const threads = [...end.cpu]
    .map(([name, seconds]) => ({ name, seconds: seconds - (begin.cpu.get(name) ?? 0) }))
    .filter(({ seconds }) => seconds >= 0.05)
    .map(({ name, seconds }) => `${name} ${seconds.toFixed(1)}`);
  const cpu = threads.length > 0 ? `, CPU ${threads.join(', ')}` : '';
  return `${(end.seconds - begin.seconds).toFixed(1)} s${cpu}; peak ${Math.round(end.peak / MIB)} MiB`;
}

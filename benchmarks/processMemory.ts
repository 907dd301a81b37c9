import { readdirSync, readFileSync } from 'node:fs';

export const MIB = 1024 * 1024;

export interface ProcessMemory {
  /** Resident now and at most, in bytes. */
  readonly resident: number;
  readonly peak: number;
  /** The part of the resident memory that is pages of files: of Node's own program above all. */
  readonly files: number;
}

/**
 * Memory of a process, from Linux. Not from `process.resourceUsage`: its peak begins with that of the process
 * which started the program, so a small child of a large benchmark had the benchmark's.
 */
export function processMemory(pid: number | 'self' = 'self'): ProcessMemory {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const bytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1024;
  return { resident: bytes('VmRSS'), peak: bytes('VmHWM'), files: bytes('RssFile') };
}

/** CPU time of a process and its threads in ms, from Linux. */
export function cpuTime(pid: number): number {
  return statOf(`/proc/${pid}/stat`).ms;
}

export interface ThreadTime {
  readonly id: string;
  readonly name: string;
  /** CPU time. */
  readonly ms: number;
}

/** The CPU time of each running thread of a process, from Linux. */
export function threadTimes(pid: number): readonly ThreadTime[] {
  return readdirSync(`/proc/${pid}/task`).map((id) => ({ id, ...statOf(`/proc/${pid}/task/${id}/stat`) }));
}

function statOf(path: string): Omit<ThreadTime, 'id'> {
  const [, name = '', rest = ''] = /\((.*)\) (.*)/.exec(readFileSync(path, 'utf8')) ?? [];
  const fields = rest.split(' ');
  // utime and stime, in hundredths of a second.
  return { name, ms: (Number(fields[11]) + Number(fields[12])) * 10 };
}

import { lookup } from 'node:dns/promises';
import { existsSync } from 'node:fs';
import { mkdtemp, open, rm, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { connect } from 'node:tls';
import type { CheckResult, Finding } from '@candlelake/core';
import { createNetwork } from '@candlelake/node';
import { formatBytes } from '../output/formatNumber.ts';

export interface MachineOptions {
  /** Where the store and the lake are to be. */
  readonly output: string;
  readonly restUrl: string;
  readonly wsUrl: string;
}

/** The oldest Node that runs TypeScript without a flag and has the SQLite that the store needs. */
const LEAST_NODE = [22, 18];
/** A year of the 3m candles of ten symbols takes a third of it. */
const LEAST_FREE_BYTES = 1e9;
/** A transaction waits for one write; a slow disk still keeps up with a thousand symbols. */
const SLOWEST_WRITE_MS = 50;
const WRITES = 20;
const WRITE_BYTES = 4_096;
const CONNECT_MS = 10_000;

/** The checks of the machine: Node, disk and the way to both hosts. */
export async function* examineMachine(options: MachineOptions): AsyncGenerator<CheckResult> {
  const folder = existingFolder(options.output);
  yield await finding('Node', async () => judgeNode(process.versions.node));
  yield await finding('disk space', () => checkSpace(folder));
  yield await finding('write and fsync', () => checkWrites(folder));
  yield await finding('way to REST', () => checkWay(options.restUrl));
  yield await finding('way to WebSocket', () => checkWay(options.wsUrl));
}

async function finding(name: string, run: () => Promise<Finding>): Promise<CheckResult> {
  try {
    const found = await run();
    return { name, assumption: null, ...found, verdict: found.problem === null ? 'ok' : 'differs' };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { name, assumption: null, measured: 'nothing', problem, verdict: 'differs' };
  }
}

/** Whether a version of Node runs candlelake. */
export function judgeNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isOld = major < LEAST_NODE[0]! || (major === LEAST_NODE[0] && minor < LEAST_NODE[1]!);
  return { measured: version, problem: isOld ? `expected ${LEAST_NODE.join('.')} or newer` : null };
}

/** The folder, or the nearest one above it that exists. */
function existingFolder(output: string): string {
  let folder = resolve(output);
  while (!existsSync(folder)) folder = dirname(folder);
  return folder;
}

async function checkSpace(folder: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const problem = free < LEAST_FREE_BYTES ? `expected ${formatBytes(LEAST_FREE_BYTES)}` : null;
  return { measured: `${formatBytes(free)} free in ${folder}`, problem };
}

async function checkWrites(folder: string): Promise<Finding> {
  const place = await mkdtemp(join(folder, '.candlelake-doctor-'));
  try {
    const file = await open(join(place, 'write'), 'w');
    const times: number[] = [];
    for (let i = 0; i < WRITES; i++) {
      const startedAt = performance.now();
      await file.write(Buffer.alloc(WRITE_BYTES, i));
      await file.datasync();
      times.push(performance.now() - startedAt);
    }
    await file.close();
    const median = times.sort((a, b) => a - b)[WRITES / 2]!;
    const problem = median > SLOWEST_WRITE_MS ? `expected at most ${SLOWEST_WRITE_MS} ms` : null;
    return { measured: `${median.toFixed(1)} ms for ${formatBytes(WRITE_BYTES)}`, problem };
  } finally {
    await rm(place, { recursive: true });
  }
}

/** Name, TLS and proxy on the way to a host. Behind a proxy the proxy looks the name up. */
async function checkWay(address: string): Promise<Finding> {
  const url = new URL(address);
  const proxy = createNetwork().proxyNote(url);
  if (proxy !== '') return { measured: `${url.hostname}${proxy}`, problem: null };
  const startedAt = performance.now();
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const found = await lookup(host, { all: true });
  const others = found.length > 1 ? ` and ${found.length - 1} more` : '';
  const named = `${host} is ${found[0]?.address}${others} after ${(performance.now() - startedAt).toFixed(0)} ms`;
  if (url.protocol === 'http:' || url.protocol === 'ws:')
    return { measured: `${named}; no TLS`, problem: null };
  return { measured: `${named}; ${await measureTls(host, Number(url.port || 443))}`, problem: null };
}

async function measureTls(host: string, port: number): Promise<string> {
  const { promise, resolve: done, reject } = Promise.withResolvers<string>();
  const startedAt = performance.now();
  const socket = connect({ host, port, servername: host, timeout: CONNECT_MS }, () => {
    const took = (performance.now() - startedAt).toFixed(0);
    done(
      `${socket.getProtocol()} with ${socket.getPeerCertificate().issuer?.O ?? 'an unnamed issuer'} after ${took} ms`,
    );
  });
  socket.once('error', reject);
  socket.once('timeout', () => reject(new Error(`no TLS connection within ${CONNECT_MS / 1_000} s`)));
  return promise.finally(() => socket.destroy());
}

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const SCRIPT = fileURLToPath(new URL('peers/peers.py', import.meta.url));
/** Releases whose results were compared with ours when this was written. */
const PACKAGES = ['polars==2.1.0', 'duckdb==2.0.1'];
const PIP_LIMIT_MS = 120_000;

export const PEERS = ['polars', 'duckdb'] as const;
export type Peer = (typeof PEERS)[number];

export interface PeerRun {
  /** A Parquet file of candles. */
  readonly candles: string;
  /** Where the peer writes `day=<epoch ms>/*.parquet`. */
  readonly folder: string;
  readonly rounds: number;
}

const run = promisify(execFile);

/** Programs in Python, installed from pip into `folder`; null when there is no Python or pip does not answer. */
export async function installPeers(
  folder: string,
): Promise<((peer: Peer, options: PeerRun) => Promise<number>) | null> {
  const bin = join(folder, 'venv', process.platform === 'win32' ? 'Scripts' : 'bin');
  const python = join(bin, 'python');
  try {
    await run('python3', ['-m', 'venv', join(folder, 'venv')], { timeout: PIP_LIMIT_MS });
    await run(python, ['-m', 'pip', 'install', '--quiet', ...PACKAGES], { timeout: PIP_LIMIT_MS });
  } catch (error) {
    console.error(
      `bench: peers are not run: ${error instanceof Error ? error.message.split('\n')[0] : error}`,
    );
    return null;
  }
  return async (peer, { candles, folder: place, rounds }) => {
    const { stdout } = await run(python, [SCRIPT, peer, candles, place, `${rounds}`]);
    return (JSON.parse(stdout) as { readonly ms: number }).ms;
  };
}

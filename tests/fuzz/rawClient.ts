import { connect } from 'node:net';

export interface RawRequest {
  /** Written one after the other, each when the one before is in the network. */
  readonly chunks: readonly (string | Uint8Array)[];
  /** Whether the connection is reset after the last chunk; else the client ends its side and reads on. */
  readonly resets?: boolean;
}

/** Sends bytes over a connection of its own. Resolves with what the server sent when that connection is over. */
export function sendRaw(url: string, { chunks, resets = false }: RawRequest): Promise<string> {
  const { hostname, port } = new URL(url);
  const client = connect({ host: hostname, port: Number(port), noDelay: true });
  const answer: Buffer[] = [];
  const { promise, resolve } = Promise.withResolvers<string>();
  client.on('data', (data) => void answer.push(data));
  // The server may close first.
  client.on('error', () => {});
  client.on('close', () => resolve(Buffer.concat(answer).toString('latin1')));
  const write = (index: number): void => {
    if (client.destroyed) return;
    if (index < chunks.length) client.write(chunks[index]!, () => setImmediate(write, index + 1));
    else if (resets) client.resetAndDestroy();
    else client.end();
  };
  client.once('connect', () => write(0));
  return promise;
}

/** The status lines in what a server sent. */
export function statusesOf(answer: string): readonly number[] {
  return [...answer.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status));
}

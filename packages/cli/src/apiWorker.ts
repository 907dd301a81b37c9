/**
 * The thread that reads lake and store for the HTTP API, so that no request holds up the frames of the
 * WebSocket. Its connection to the store is read-only.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { gzipSync } from 'node:zlib';
import { type ApiPorts, answerRequest, createLiveBars, RequestError } from '@candlelake/core';
import { createFileObjects } from './adapters/fileObjects.ts';
import { decodeParquet } from './adapters/parquetFile.ts';
import { openSqliteReader } from './adapters/sqliteStore.ts';
import type { ApiBody, ApiCalls, ApiCommand, ApiReply, ApiWorkerOptions } from './apiMessages.ts';

/** Smaller bodies fit into a packet or two. */
const MIN_ZIPPED_BYTES = 2_048;

const options: ApiWorkerOptions = workerData;
const store = openSqliteReader(options.storePath);
const ports: ApiPorts = {
  market: options.market,
  candles: store,
  derivation: store,
  newestCandle: store.newestCandle,
  objects: createFileObjects(options.lakeRoot),
  decode: decodeParquet,
};
const live = createLiveBars(ports);

parentPort!.on('message', async (command: ApiCommand) => {
  const { id } = command;
  try {
    send({ id, result: await run(command) });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    send({ id, error: message, status: error instanceof RequestError ? error.status : null });
  }
});

async function run(command: ApiCommand): Promise<ApiCalls[keyof ApiCalls]['result']> {
  if (command.name === 'topic') return live.topicOf(command.asked);
  if (command.name === 'look') return live.look(command.asked);
  if (command.name === 'answer')
    return encode(await answerRequest(ports, command.asked.request), command.asked.isZipped);
  live.forget(command.asked);
  return null;
}

function encode(answer: unknown, isZipped: boolean): ApiBody {
  const bytes = new TextEncoder().encode(JSON.stringify(answer));
  if (!isZipped || bytes.length < MIN_ZIPPED_BYTES) return { bytes, isZipped: false };
  return { bytes: Uint8Array.from(gzipSync(bytes)), isZipped: true };
}

function send(reply: ApiReply): void {
  parentPort!.postMessage(reply);
}

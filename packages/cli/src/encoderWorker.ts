/** A thread that encodes tables of the lake: the encoder takes a core and 50 MB while it is in use. */
import { parentPort } from 'node:worker_threads';
import { loadEncoder } from './adapters/encoder.ts';
import type { EncodeCommand, EncodeReply, EncodeResult, EncodeTask } from './encoderMessages.ts';

const encode = loadEncoder();

parentPort!.on('message', (tasks: EncodeCommand) => {
  const results = tasks.map(resultOf);
  // The bytes are handed over, not copied: the encoder gives each file a buffer of its own.
  const buffers = results.flatMap((result) =>
    'bytes' in result ? [result.bytes.buffer as ArrayBuffer] : [],
  );
  parentPort!.postMessage(results satisfies EncodeReply, buffers);
});

function resultOf({ id, table }: EncodeTask): EncodeResult {
  try {
    return { id, bytes: encode(table) };
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) };
  }
}

/** A thread that encodes tables of the lake: the encoder takes a core and 50 MB while it is in use. */
import { parentPort } from 'node:worker_threads';
import { loadEncoder } from './adapters/encoder.ts';
import type { EncodeCommand, EncodeReply } from './encoderMessages.ts';

const encode = loadEncoder();

parentPort!.on('message', ({ id, table }: EncodeCommand) => {
  try {
    // A copy of its own, which can be handed over: the encoder's result may be a part of its memory.
    const bytes = Uint8Array.from(encode(table));
    send({ id, bytes }, [bytes.buffer]);
  } catch (error) {
    send({ id, error: error instanceof Error ? error.message : String(error) });
  }
});

function send(reply: EncodeReply, handedOver: readonly ArrayBuffer[] = []): void {
  parentPort!.postMessage(reply, handedOver);
}

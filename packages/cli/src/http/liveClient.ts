/** A client that reads slower than this is disconnected: it is that many bytes behind. */
const MAX_BEHIND_BYTES = 262_144;

/** A client of server-sent events. */
export interface LiveClient {
  readonly body: ReadableStream<Uint8Array>;
  /** Sends encoded events. A client that is too far behind is disconnected. */
  send(bytes: Uint8Array): void;
  close(): void;
}

/** Opens the stream of a client. `onGone` is called once, when it is disconnected for any reason. */
export function createLiveClient(onGone: () => void): LiveClient {
  const strategy = new ByteLengthQueuingStrategy({ highWaterMark: MAX_BEHIND_BYTES });
  let controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  const leave = () => {
    if (controller === null) return;
    controller = null;
    onGone();
  };
  const body = new ReadableStream<Uint8Array>(
    {
      start(started) {
        controller = started;
      },
      cancel: leave,
    },
    strategy,
  );
  return {
    body,
    send(bytes) {
      if (controller === null) return;
      controller.enqueue(bytes);
      if ((controller.desiredSize ?? 0) > 0) return;
      controller.error(new Error(`the client is ${MAX_BEHIND_BYTES} bytes behind`));
      leave();
    },
    close() {
      controller?.close();
      leave();
    },
  };
}

/** The text of an event. Source: HTML Standard, "Server-sent events". */
export function eventText(name: string, data: unknown, id?: string): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** A client that reads slower than this is disconnected: it is that many bytes behind. */
const MAX_BEHIND_BYTES = 262_144;

/** A client of server-sent events. */
export interface LiveClient {
  readonly body: ReadableStream<Uint8Array>;
  /** Sends encoded events. A client that is too far behind is disconnected. */
  send(bytes: Uint8Array): void;
  close(): void;
}

export interface LiveClientOptions {
  /** Ends the connection at once, without what is still to be sent. */
  readonly disconnect: () => void;
  /** Called once, when the client is gone for any reason. */
  readonly onGone: () => void;
}

/** Opens the stream of a client. */
export function createLiveClient({ disconnect, onGone }: LiveClientOptions): LiveClient {
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
      leave();
      disconnect();
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

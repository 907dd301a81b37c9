import { gunzipSync, gzipSync } from 'node:zlib';
import type { Clock, Inflate, OpenSocket, SocketHandlers } from '../../packages/core/src/ports.ts';

/** The server side of one connection, controlled by a test. */
export interface ScriptedSocket {
  readonly url: string;
  /** The messages of the client, with the time of the clock. */
  readonly sent: readonly { readonly at: number; readonly text: string }[];
  /** Whether the client closed the connection. */
  readonly closedByClient: boolean;
  open(): void;
  /** Sends one frame as the exchange does: gzip in a binary frame. An object is sent as JSON. */
  say(frame: string | object): void;
  raw(data: Uint8Array | string): void;
  /** Ends the connection from the server's side. */
  end(reason: string, handshakeStatus?: number): void;
}

/** Sockets that a test controls; the newest is last. */
export function createScriptedSockets(clock: Clock): {
  readonly openSocket: OpenSocket;
  readonly sockets: readonly ScriptedSocket[];
} {
  const sockets: ScriptedSocket[] = [];
  const openSocket: OpenSocket = (url, handlers) => {
    const { socket, client } = scripted(url, handlers, clock);
    sockets.push(socket);
    return client;
  };
  return { openSocket, sockets };
}

function scripted(url: string, handlers: SocketHandlers, clock: Clock) {
  const sent: { at: number; text: string }[] = [];
  let ended = false;
  let closedByClient = false;
  const end = (reason: string, handshakeStatus?: number) => {
    if (ended) return;
    ended = true;
    handlers.closed(reason, handshakeStatus);
  };
  const socket: ScriptedSocket = {
    url,
    sent,
    get closedByClient() {
      return closedByClient;
    },
    open: () => handlers.opened(),
    say: (frame) => handlers.frame(gzipSync(typeof frame === 'string' ? frame : JSON.stringify(frame))),
    raw: (data) => handlers.frame(data),
    end,
  };
  const client = {
    send: (text: string) => void sent.push({ at: clock.now(), text }),
    close() {
      closedByClient ||= !ended;
      end('closed by the client');
    },
  };
  return { socket, client };
}

/** Gunzips up to a limit, as the port requires. */
export const boundedGunzip: Inflate = (bytes, maxBytes) => gunzipSync(bytes, { maxOutputLength: maxBytes });

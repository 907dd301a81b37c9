import { gunzipSync, gzipSync } from 'node:zlib';
import type { Clock, Inflate, OpenSocket, SocketHandlers } from '../../packages/core/src/ports.ts';

/** The other side of one connection, moved by hand. */
export interface ScriptedSocket {
  readonly url: string;
  /** What the client sent, with the clock's time. */
  readonly sent: readonly { readonly at: number; readonly text: string }[];
  /** The client closed it. */
  readonly closedByClient: boolean;
  open(): void;
  /** Sends one frame as the exchange does: gzip in a binary frame. An object is sent as JSON. */
  say(frame: string | object): void;
  raw(data: Uint8Array | string): void;
  /** Ends the connection from the other side. */
  end(reason: string, handshakeStatus?: number): void;
}

/** Sockets that do nothing by themselves; the newest is last. */
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

/** Gunzips within a bound, as any host's adapter has to. */
export const boundedGunzip: Inflate = (bytes, maxBytes) => gunzipSync(bytes, { maxOutputLength: maxBytes });

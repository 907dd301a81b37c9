import type { OpenSocket } from '@candlelake/core';
import { WebSocket } from 'ws';
import { createNetwork, type Network } from './network.ts';
import { networkReason } from './networkError.ts';

export interface SocketOptions {
  readonly handshakeTimeoutMs?: number;
  readonly maxFrameBytes?: number;
  readonly network?: Network;
}

const HANDSHAKE_TIMEOUT_MS = 10_000;
/** Recorded frames have 140 bytes on average; a frame near this size is an attack or a fault. */
const MAX_FRAME_BYTES = 2 ** 20;
/** The connection is ended when this much is waiting to be sent: 200 subscriptions are 20 kB. */
const MAX_UNSENT_BYTES = 2 ** 20;

/** The text of `ws` when the handshake is answered with another status than 101. */
const REFUSED = /^Unexpected server response: (\d{3})$/;

/**
 * WebSockets over the network. Protocol pings are answered but not relied on: the exchange sends its own as
 * frames. Source: docs/bingx.md, "WebSocket".
 */
export function createOpenSocket(options: SocketOptions = {}): OpenSocket {
  const { handshakeTimeoutMs = HANDSHAKE_TIMEOUT_MS, maxFrameBytes = MAX_FRAME_BYTES } = options;
  const { network = createNetwork() } = options;
  return (url, handlers) => {
    const address = new URL(url);
    const socket = new WebSocket(address, {
      agent: network.agentFor(address),
      perMessageDeflate: false,
      maxPayload: maxFrameBytes,
      handshakeTimeout: handshakeTimeoutMs,
    });
    let failure: Error | null = null;
    let opened = false;
    socket.on('open', () => {
      opened = true;
      handlers.opened();
    });
    socket.on('message', (data: Buffer, isBinary: boolean) =>
      handlers.frame(isBinary ? data : data.toString('utf8')),
    );
    socket.on('error', (error) => {
      failure ??= error;
    });
    socket.once('close', (code, reason) => {
      if (!failure) return handlers.closed(closeReason(code, reason));
      const status = REFUSED.exec(failure.message)?.[1];
      const note = opened || status !== undefined ? '' : network.proxyNote(address);
      handlers.closed(networkReason(failure) + note, status === undefined ? undefined : Number(status));
    });
    return {
      send(text) {
        if (socket.readyState !== WebSocket.OPEN) return;
        if (socket.bufferedAmount > MAX_UNSENT_BYTES) socket.terminate();
        else socket.send(text);
      },
      close: () => socket.terminate(),
    };
  };
}

function closeReason(code: number, reason: Buffer): string {
  const text = reason.toString('utf8');
  return text === '' ? `closed with ${code}` : `closed with ${code} "${text}"`;
}

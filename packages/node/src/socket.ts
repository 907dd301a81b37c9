import type { OpenSocket } from '@candlelake/core';
import { WebSocket } from 'ws';

export interface SocketLimits {
  readonly handshakeTimeoutMs?: number;
  readonly maxFrameBytes?: number;
}

const HANDSHAKE_TIMEOUT_MS = 10_000;
/** Recorded frames have 140 bytes on average; a frame near this size is an attack or a fault. */
const MAX_FRAME_BYTES = 2 ** 20;
/** The connection is ended when this much is waiting to be sent: 200 subscriptions are 20 kB. */
const MAX_UNSENT_BYTES = 2 ** 20;

/**
 * WebSockets over the network. Protocol pings are answered but not relied on: the exchange sends its own as
 * frames. Source: docs/bingx.md, "WebSocket".
 */
export function createOpenSocket(limits: SocketLimits = {}): OpenSocket {
  const { handshakeTimeoutMs = HANDSHAKE_TIMEOUT_MS, maxFrameBytes = MAX_FRAME_BYTES } = limits;
  return (url, handlers) => {
    const socket = new WebSocket(url, {
      perMessageDeflate: false,
      maxPayload: maxFrameBytes,
      handshakeTimeout: handshakeTimeoutMs,
    });
    let failure: string | null = null;
    socket.on('open', () => handlers.opened());
    socket.on('message', (data: Buffer, isBinary: boolean) =>
      handlers.frame(isBinary ? data : data.toString('utf8')),
    );
    socket.on('error', (error) => {
      failure ??= failureReason(error);
    });
    socket.once('close', (code, reason) => handlers.closed(failure ?? closeReason(code, reason)));
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

function failureReason(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}

function closeReason(code: number, reason: Buffer): string {
  const text = reason.toString('utf8');
  return text === '' ? `closed with ${code}` : `closed with ${code} "${text}"`;
}

import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import type { Exchange } from './exchange.ts';
import { gzipFrame } from './frames.ts';
import type { ScheduledTask } from './schedule.ts';
import { type Ping, SPOT_WIRE, type StreamAnswer, type StreamWire, SWAP_WIRE } from './streamWire.ts';
import { createTopics, type Listener, type Topics } from './topics.ts';

/** The connection of a client that does not read is cut above this many unsent bytes. */
const MAX_BUFFERED_BYTES = 32 * 1024 * 1024;

export interface StreamServer {
  /** How many connections are open. */
  connections(): number;
  /**
   * Ends all connections or the oldest one, with close code 1000 or without a close frame. Returns how many.
   */
  disconnect(which: 'all' | 'one', how: 'clean' | 'abrupt'): number;
  /** Sends a frame as it is to every connection. */
  broadcast(frame: Buffer | string): void;
}

interface Connection extends Listener {
  readonly wire: StreamWire;
  readonly topics: Topics;
  readonly socket: WebSocket;
  readonly channels: Set<string>;
  unanswered: number;
  ping: ScheduledTask | null;
  /** The last one that was sent. */
  sentPing: Ping | null;
}

/** The WebSocket side of the stand-in, on the port of its REST side. */
export function createStreamServer(exchange: Exchange, server: Server): StreamServer {
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: 65_536 });
  const markets = [SWAP_WIRE, SPOT_WIRE].map((wire) => ({ wire, topics: createTopics(exchange, wire) }));
  const connections = new Set<Connection>();
  server.on('upgrade', (request: IncomingMessage, raw: Duplex, head: Buffer) => {
    raw.on('error', () => raw.destroy());
    const { pathname } = new URL(request.url ?? '/', 'http://127.0.0.1');
    const market = markets.find(({ wire }) => wire.path === pathname);
    if (!admit(exchange, connections.size, market !== undefined, raw) || !market) return;
    sockets.handleUpgrade(request, raw, head, (socket) => {
      exchange.counts.connections += 1;
      const connection = createConnection(exchange, { ...market, socket, raw });
      connections.add(connection);
      socket.on('error', () => socket.terminate());
      socket.on('message', (data, binary) => {
        if (!binary) receive(exchange, connection, textOf(data));
      });
      socket.on('close', () => {
        connections.delete(connection);
        if (connection.ping) connection.ping.cancelled = true;
        for (const channel of connection.channels) market.topics.leave(channel, connection);
      });
      schedulePing(exchange, connection);
    });
  });
  return {
    connections: () => connections.size,
    disconnect(which, how) {
      const open = [...connections].filter(({ socket }) => socket.readyState === socket.OPEN);
      const chosen = which === 'all' ? open : open.slice(0, 1);
      for (const { socket } of chosen) end(socket, how);
      return chosen.length;
    },
    broadcast(frame) {
      for (const connection of connections) connection.send(frame);
    },
  };
}

/** Whether a handshake goes on; refuses it otherwise, as the limits or the faults say. */
function admit(exchange: Exchange, open: number, isKnown: boolean, raw: Duplex): boolean {
  const { faults, limits, counts } = exchange;
  const status = isKnown ? '403 Forbidden' : '404 Not Found';
  if (isKnown && faults.connect === 'ok' && open < limits.connections) return true;
  counts.refusedConnections += 1;
  if (faults.connect === 'drop') raw.destroy();
  else if (faults.connect !== 'hang')
    raw.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  return false;
}

function createConnection(
  { counts }: Exchange,
  { wire, topics, socket, raw }: Pick<Connection, 'wire' | 'topics' | 'socket'> & { readonly raw: Duplex },
): Connection {
  let corked = false;
  return {
    wire,
    topics,
    socket,
    channels: new Set(),
    unanswered: 0,
    ping: null,
    sentPing: null,
    send(frame) {
      if (socket.readyState !== socket.OPEN) return;
      if (socket.bufferedAmount > MAX_BUFFERED_BYTES) return socket.terminate();
      if (!corked) {
        // One system call sends all frames of a turn of the event loop.
        corked = true;
        raw.cork();
        setImmediate(() => {
          corked = false;
          raw.uncork();
        });
      }
      counts.framesSent += 1;
      counts.bytesSent += frame.length;
      socket.send(frame);
    },
  };
}

function schedulePing(exchange: Exchange, connection: Connection): void {
  connection.ping = exchange.schedule.at(exchange.clock.now() + exchange.limits.pingMs, () => {
    const { faults, limits, random } = exchange;
    if (connection.unanswered >= limits.missedPongs) return connection.socket.terminate();
    if (faults.cut && random() < limits.pingMs / faults.cut.meanMs)
      return end(connection.socket, faults.cut.how);
    if (!faults.silent) {
      connection.unanswered += 1;
      connection.sentPing = connection.wire.ping(exchange.clock.now());
      connection.send(encode(exchange, connection.sentPing.text));
    }
    schedulePing(exchange, connection);
  });
}

function end(socket: WebSocket, how: 'clean' | 'abrupt'): void {
  if (how === 'clean') socket.close(1000);
  else socket.terminate();
}

function receive(exchange: Exchange, connection: Connection, text: string): void {
  if (connection.sentPing?.isAnsweredBy(text)) {
    exchange.counts.pongs += 1;
    connection.unanswered = 0;
    return;
  }
  const { answer, leaked } = handleRequest(exchange, connection, text);
  if (exchange.faults.silent) return;
  const frames = [encode(exchange, JSON.stringify(connection.wire.answer(answer, exchange.clock.now())))];
  if (leaked !== null) {
    if (exchange.faults.refusedTopicFrame === 'before') frames.unshift(leaked);
    else frames.push(leaked);
  }
  for (const frame of frames) connection.send(frame);
}

interface Handled {
  readonly answer: StreamAnswer;
  /** The data frame that a refused topic sends all the same (docs/bingx.md trap 40). */
  readonly leaked: Buffer | string | null;
}

/** Carries out one message. */
function handleRequest(exchange: Exchange, connection: Connection, text: string): Handled {
  const { topics } = connection;
  const { id = '', reqType = 'sub', dataType = '' } = parseRequest(text) ?? {};
  if (!dataType || (reqType !== 'sub' && reqType !== 'unsub'))
    return { answer: answer(id, 100400, 'ILLEGAL_ARGUMENT'), leaked: null };
  if (reqType === 'unsub') {
    connection.channels.delete(dataType);
    topics.leave(dataType, connection);
    return { answer: answer(id, 0, ''), leaked: null };
  }
  const { limits, counts, faults } = exchange;
  if (faults.unknownTopic === 'accepted' && !topics.isKnown(dataType))
    return { answer: answer(id, 0, ''), leaked: null };
  const isFull = !connection.channels.has(dataType) && connection.channels.size >= limits.topics;
  if (isFull || !topics.join(dataType, connection)) {
    counts.rejectedSubscriptions += 1;
    const leaked = faults.refusedTopicFrame === 'none' ? null : topics.currentFrame(dataType);
    if (isFull) {
      return { answer: answer(id, 80403, `your topic num over max ${limits.topics}`, dataType), leaked };
    }
    return { answer: answer(id, 80015, 'dataType not support', dataType), leaked };
  }
  counts.subscriptions += 1;
  connection.channels.add(dataType);
  return { answer: answer(id, 0, ''), leaked: null };
}

function parseRequest(text: string): { id?: string; reqType?: string; dataType?: string } | null {
  try {
    const request: unknown = JSON.parse(text);
    return typeof request === 'object' ? request : null;
  } catch {
    return null;
  }
}

function answer(id: string, code: number, msg: string, dataType = ''): StreamAnswer {
  return { id, code, msg, dataType };
}

function encode(exchange: Exchange, text: string): Buffer | string {
  return exchange.faults.streamEncoding === 'text' ? text : gzipFrame(text, 'deflate');
}

function textOf(data: RawData): string {
  return Buffer.isBuffer(data) ? data.toString() : '';
}

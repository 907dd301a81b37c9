import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock, EpochMs } from '@candlelake/core';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { type WebSocket, WebSocketServer } from 'ws';
import { systemClock } from '../clock.ts';
import { DEFAULT_SOCKET_LIMITS } from '../exchange.ts';
import { gzipFrame } from '../frames.ts';
import { lengthOfInterval } from '../intervals.ts';
import { createSchedule, type Schedule } from '../schedule.ts';
import { SWAP_WIRE } from '../streamWire.ts';
import { type Recording, readRecording, rowAt } from './readRecording.ts';

export interface RecordingOptions {
  readonly folder: string;
  /** Frames come when this clock shows the time at which they were recorded. */
  readonly clock?: Clock;
  /** 0 picks a free one; the default. */
  readonly port?: number;
}

export interface RunningRecording {
  readonly restUrl: string;
  readonly wsUrl: string;
  /** The first instant of the recording. */
  readonly startedAt: EpochMs;
  close(): Promise<void>;
}

/** As recorded: a request for more gets no more. */
const MAX_ROWS = 1_000;
const DEFAULT_LIMIT = 500;

/**
 * Replays what a doctor recorded on 127.0.0.1: history as it was received, and each push as it came, at its
 * time. What was not asked for when it was recorded is not known, and left out. Throws for a folder that is
 * no recording.
 */
export async function startRecording(options: RecordingOptions): Promise<RunningRecording> {
  const { folder, clock = systemClock, port = 0 } = options;
  const recording = readRecording(folder);
  const schedule = createSchedule(clock);
  const server = createAdaptorServer({ fetch: createRest(recording, clock).fetch }) as Server;
  const sockets = serveStream(server, { recording, clock, schedule });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    restUrl: `http://${address}`,
    wsUrl: `ws://${address}${SWAP_WIRE.path}`,
    startedAt: recording.startedAt,
    async close() {
      schedule.close();
      for (const socket of sockets) socket.terminate();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

function createRest({ contracts, rows, symbols }: Recording, clock: Clock): Hono {
  const app = new Hono();
  app.use(async (context, next) => {
    await next();
    context.header('Date', new Date(clock.now()).toUTCString());
  });
  app.get('/openApi/swap/v2/server/time', (c) => c.json(ok({ serverTime: clock.now() })));
  app.get('/openApi/swap/v2/quote/contracts', (c) =>
    contracts === null
      ? c.json(ok(symbols.map((symbol) => ({ symbol }))))
      : c.body(contracts, 200, { 'content-type': 'application/json' }),
  );
  app.get('/openApi/swap/v3/quote/klines', (c) => {
    const { symbol = '', interval = '', startTime = '0', endTime = 'Infinity', limit } = c.req.query();
    const slots = rows.get(`${symbol} ${interval}`);
    const lengthMs = lengthOfInterval(interval) ?? 0;
    const now = clock.now();
    const found = [...(slots ?? [])]
      .filter(([time]) => time >= Number(startTime) && time < Number(endTime) && time <= now)
      .sort(([a], [b]) => b - a)
      .flatMap(([time, versions]) => rowAt(versions, time + lengthMs, now) ?? []);
    return c.json(ok(found.slice(0, Math.min(MAX_ROWS, Number(limit ?? DEFAULT_LIMIT)))));
  });
  app.notFound((c) => c.json({ code: 100400, msg: 'this api is not exist', data: {} }));
  return app;
}

function ok(data: unknown): object {
  return { code: 0, msg: '', data };
}

interface Replay {
  readonly recording: Recording;
  readonly clock: Clock;
  readonly schedule: Schedule;
}

/** Serves the pushes; pings come by this server's own clock. Returns the open sockets. */
function serveStream(server: Server, replay: Replay): ReadonlySet<WebSocket> {
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: 65_536 });
  server.on('upgrade', (request: IncomingMessage, raw: Duplex, head: Buffer) => {
    raw.on('error', () => raw.destroy());
    sockets.handleUpgrade(request, raw, head, (socket) => {
      socket.on('error', () => socket.terminate());
      socket.on('message', (data) => answerMessage(String(data), socket, replay));
      ping(socket, replay);
    });
  });
  return sockets.clients;
}

function answerMessage(text: string, socket: WebSocket, { recording, clock, schedule }: Replay): void {
  if (text === 'Pong') return;
  const { id = '', dataType = '' } = parseRequest(text);
  const pushes = recording.pushes.filter(({ topic }) => topic === dataType);
  const answer = pushes.length > 0 ? { code: 0, msg: '' } : { code: 80015, msg: 'dataType not support' };
  send(socket, gzipFrame(JSON.stringify({ id, ...answer, dataType: '', data: null }), 'deflate'));
  const now = clock.now();
  for (const { at, frame } of pushes) if (at >= now) schedule.at(at, () => send(socket, frame));
}

function parseRequest(text: string): { readonly id?: string; readonly dataType?: string } {
  try {
    return (JSON.parse(text) ?? {}) as { id?: string; dataType?: string };
  } catch {
    return {};
  }
}

function ping(socket: WebSocket, replay: Replay): void {
  const { schedule, clock } = replay;
  schedule.at(clock.now() + DEFAULT_SOCKET_LIMITS.pingMs, () => {
    if (socket.readyState !== socket.OPEN) return;
    send(socket, gzipFrame('Ping', 'deflate'));
    ping(socket, replay);
  });
}

function send(socket: WebSocket, frame: Buffer | string): void {
  if (socket.readyState === socket.OPEN) socket.send(frame);
}

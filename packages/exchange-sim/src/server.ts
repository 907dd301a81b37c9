import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Clock } from '@candlelake/core';
import { createAdaptorServer } from '@hono/node-server';
import { systemClock } from './clock.ts';
import { createControl } from './control.ts';
import { createCounts, DEFAULT_SOCKET_LIMITS, type Exchange, type SocketLimits } from './exchange.ts';
import { type Faults, faultsAt, NO_FAULTS } from './faults.ts';
import type { GzipMode } from './frames.ts';
import type { Instrument, Market } from './instrument.ts';
import { draw } from './noise.ts';
import { DEFAULT_RATE_LIMITS, type RateLimits } from './rateLimit.ts';
import { createRest } from './rest.ts';
import type { RunningExchange } from './running.ts';
import { createSchedule } from './schedule.ts';
import { createStreamServer } from './socket.ts';
import { SPOT_WIRE, SWAP_WIRE } from './streamWire.ts';

export interface ExchangeOptions {
  /** Made by createSyntheticInstrument, createRecordedInstrument or createContractListing. */
  readonly instruments: readonly Instrument[];
  /** Those of the spot market; none when left out. Faults hit both symbols of a name. */
  readonly spot?: readonly Instrument[];
  /** 0 picks a free one; the default. */
  readonly port?: number;
  readonly clock?: Clock;
  readonly faults?: Partial<Faults>;
  /** Default: DEFAULT_RATE_LIMITS; null for none. */
  readonly rateLimits?: RateLimits | null;
  readonly socketLimits?: Partial<SocketLimits>;
  /** Default: deflate, or stored with more than 50 instruments. */
  readonly gzip?: GzipMode;
  /** Whether `/control` answers; see createControl. Default false. */
  readonly control?: boolean;
}

/** With more instruments, compressing takes more CPU than everything else. */
const MAX_DEFLATED_INSTRUMENTS = 50;

/** Starts a stand-in for BingX's swap and spot markets on 127.0.0.1; rejects when the port is taken. */
export async function startExchange(options: ExchangeOptions): Promise<RunningExchange> {
  const { exchange, faults, setFaults } = createExchange(options);
  const app = createRest(
    exchange,
    options.rateLimits === undefined ? DEFAULT_RATE_LIMITS : options.rateLimits,
  );
  if (options.control)
    app.route(
      '/',
      createControl(() => running),
    );
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  const close = createClose(exchange, server);
  const stream = createStreamServer(exchange, server);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const running: RunningExchange = {
    restUrl: `http://${address}`,
    wsUrl: `ws://${address}${SWAP_WIRE.path}`,
    spotWsUrl: `ws://${address}${SPOT_WIRE.path}`,
    market: exchange.market,
    spot: exchange.spot,
    get faults() {
      return faults();
    },
    setFaults,
    stats: () => ({
      ...exchange.counts,
      openConnections: stream.connections(),
      lagMs: exchange.schedule.lagMs(),
    }),
    disconnect: stream.disconnect,
    broadcast: stream.broadcast,
    close,
  };
  return running;
}

function createExchange(options: ExchangeOptions) {
  const { instruments, spot = [], clock = systemClock } = options;
  let drawn = 0;
  let faults: Faults = { ...NO_FAULTS, ...options.faults };
  const exchange: Exchange = {
    market: bySymbol(instruments),
    spot: bySymbol(spot),
    clock,
    schedule: createSchedule(clock),
    gzip: options.gzip ?? (instruments.length > MAX_DEFLATED_INSTRUMENTS ? 'stored' : 'deflate'),
    limits: { ...DEFAULT_SOCKET_LIMITS, ...options.socketLimits },
    counts: createCounts(),
    get faults() {
      return faultsAt(faults, clock.now());
    },
    random: () => {
      drawn += 1;
      return draw(50, drawn);
    },
  };
  return {
    exchange,
    faults: () => faults,
    setFaults(changed: Partial<Faults>) {
      faults = { ...faults, ...changed };
    },
  };
}

function bySymbol(instruments: readonly Instrument[]): Market {
  return new Map(instruments.map((instrument) => [instrument.symbol, instrument]));
}

/** Returns what ends all work and closes all sockets, unanswered requests and handshakes included. */
function createClose(exchange: Exchange, server: Server): () => Promise<void> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return async () => {
    exchange.schedule.close();
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
}

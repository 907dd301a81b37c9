/** What every host on Node needs: adapters of time and network, and the exchange over them. */
export * from './clock.ts';
export * from './exchange.ts';
export * from './http.ts';
export * from './inflate.ts';
export * from './irregularCandles.ts';
export * from './network.ts';
export * from './socket.ts';

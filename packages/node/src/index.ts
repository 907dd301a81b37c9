/** Adapters of core's ports that every host on Node needs: time and network. */
export * from './clock.ts';
export * from './http.ts';
export * from './inflate.ts';
export * from './socket.ts';

/** What the core asks of its host, and what the pipeline asks of the exchange. Instants are epoch ms, UTC. */

export type * from './ports/exchange.ts';
export type * from './ports/host.ts';
export type * from './ports/import.ts';
export type * from './ports/lake.ts';
export type * from './ports/notices.ts';
export type * from './ports/report.ts';
export type * from './ports/store.ts';

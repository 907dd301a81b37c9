import type { ActiveFaults } from '../faults.ts';
import type { RequestWatch } from '../oracle/requestWatch.ts';
import type { VirtualTime } from '../virtualTime.ts';
import type { Book } from './books.ts';

/** The simulated exchange, as its REST side and its sockets share it. */
export interface Exchange {
  readonly time: VirtualTime;
  readonly random: () => number;
  readonly faults: ActiveFaults;
  readonly books: ReadonlyMap<string, Book>;
  readonly intervalMs: number;
  readonly intervalName: string;
  /** Frames are gzip, as the exchange sends them; text otherwise, which costs less. */
  readonly isGzip: boolean;
  readonly note: (event: string) => void;
  readonly requests: RequestWatch;
}

/** Whether a contract is in the list at an instant. */
export function isListed(
  { faults }: Exchange,
  { symbol, launchTime, delistedAt }: Book,
  at: number,
): boolean {
  if (at < launchTime || (delistedAt !== null && at >= delistedAt)) return false;
  return (
    faults.at('symbol-unlisted', at, symbol) === null &&
    faults.at('unlisted-between-starts', at, symbol) === null
  );
}

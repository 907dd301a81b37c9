import { RetryableError } from '../errors.ts';
import type { History } from '../ports.ts';

/** Thrown in place of a request over the cap: another run goes on with the work. */
export class RequestsUsedUp extends RetryableError {}

/**
 * History with a cap on the number of requests of any kind; the one after the last throws {@link
 * RequestsUsedUp}.
 */
export function limitHistory(history: History, requests: number): History {
  let left = requests;

  const take = () => {
    if (left <= 0) throw new RequestsUsedUp(`all ${requests} requests of this run are used up`);
    left -= 1;
  };

  return {
    market: history.market,
    async read(request, signal) {
      take();
      return history.read(request, signal);
    },
    async contracts(signal) {
      take();
      return history.contracts(signal);
    },
    async syncClock(signal) {
      take();
      await history.syncClock(signal);
    },
  };
}

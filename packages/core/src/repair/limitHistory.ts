import { RetryableError } from '../errors.ts';
import type { History } from '../ports.ts';

/** A history that may be asked so many times. */
export interface LimitedHistory extends History {
  /** Requests that are left. */
  left(): number;
}

/** Thrown in place of a request too many: the work goes on in another run. */
export class RequestsUsedUp extends RetryableError {}

/** The same history for `requests` requests of any kind; the next one throws {@link RequestsUsedUp}. */
export function limitHistory(history: History, requests: number): LimitedHistory {
  let left = requests;

  const take = () => {
    if (left <= 0) throw new RequestsUsedUp(`all ${requests} requests of this run are used up`);
    left -= 1;
  };

  return {
    left: () => left,
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

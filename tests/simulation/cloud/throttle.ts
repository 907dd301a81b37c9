import { RetryableError } from '@candlelake/core';
import type { Exchange } from '../exchange/exchange.ts';

/** Throws for a write while the table is throttled, as the adapter does when the client's retries are over. */
export function throttle({ faults }: Exchange): void {
  if (faults.hit('table-throttled', { share: 0.3 })) throw new RetryableError('the table is throttled');
}

import { RetryableError } from '@candlelake/core';
import type { Exchange } from '../exchange/exchange.ts';

export interface ServiceCall {
  readonly port: string;
  readonly isRead: boolean;
}

const THROTTLED_SHARE = 0.3;

/** Throws for a call that the table or the bucket refuses, as the adapters do after the client's own retries. */
export function refuseCall({ faults }: Exchange, { port, isRead }: ServiceCall): void {
  if (port === 'table' && faults.hit('table-refuses')) throw new RetryableError('the table does not answer');
  if (isRead) return;
  if (port === 'objects' && faults.hit('bucket-refuses'))
    throw new RetryableError('the bucket does not answer');
  if (faults.hit('table-throttled', { share: THROTTLED_SHARE }))
    throw new RetryableError('the table is throttled');
}

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createSyntheticInstrument,
  NO_FAULTS,
  type RunningExchange,
  startExchange,
} from '../../packages/exchange-sim/src/index.ts';
import { createManualClock, type ManualClock } from '../support/manualClock.ts';
import { getKlines } from './restClient.ts';

const btc = createSyntheticInstrument({ symbol: 'BTC-USDT' });

let clock: ManualClock;
let exchange: RunningExchange;

beforeEach(async () => {
  clock = createManualClock(Date.UTC(2025, 7, 3, 6, 45, 16));
  exchange = await startExchange({ instruments: [btc], clock, control: true });
});
afterEach(() => exchange.close());

describe('the control route', () => {
  const post = async (order: unknown) => {
    const response = await fetch(`${exchange.restUrl}/control`, {
      method: 'POST',
      body: JSON.stringify(order),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  it('changes the faults named and shows them all', async () => {
    const { status, body } = await post({ faults: { maxRows: 2, muted: ['BTC-USDT'] } });
    expect(status).toBe(200);
    expect(body.faults).toEqual({ ...NO_FAULTS, maxRows: 2, muted: ['BTC-USDT'] });
    expect((await getKlines(exchange)).data).toHaveLength(2);
    const shown = await fetch(`${exchange.restUrl}/control`);
    expect(await shown.json()).toMatchObject({ faults: { maxRows: 2 }, stats: { requests: 1 } });
  });

  it.each([
    [null, 'expected an object'],
    [{ fault: {} }, '"fault" is unknown'],
    [{ faults: [] }, 'expected an object'],
    [{ faults: { maxRow: 1 } }, 'there is no fault "maxRow"'],
    [{ faults: { maxRows: -1 } }, 'a number from 0 on'],
    [{ faults: { rest: 'slow' } }, 'one of ok, hang'],
    [{ faults: { silent: 1 } }, 'true or false'],
    [{ faults: { holes: [{ from: 1 }] } }, '"to" to be a number'],
    [{ faults: { stale: [{ afterMs: null, shares: 1 }] } }, 'no "shares"'],
    [{ faults: { badFrames: { kinds: ['white'], share: 1, instead: true } } }, 'one of wrongType'],
    [{ faults: { garbage: { kinds: ['bomb'], share: 2 } } }, 'a number from 0 to 1'],
    [{ faults: { phases: [{ from: 0, to: 1, faults: { rest: 'slow' } }] } }, 'one of ok, hang'],
    [{ faults: { phases: [{ from: 0, to: 1, faults: { phases: [] } }] } }, 'faults without "phases"'],
    [{ faults: { contracts: [{ symbol: 'A-USDT', status: 2 }] } }, 'one of 0, 1, 5, 25'],
    [{ faults: { ban: { until: 1, code: 100400 } } }, 'one of 100410, 109429'],
    [{ faults: { replicas: [{ share: 2 }] } }, 'a number from 0 to 1'],
    [{ faults: { badSlots: [{ from: 0, to: 1, in: 'both', kind: 'red' }] } }, 'one of wrongType'],
    [{ faults: { cut: 'yes' } }, 'an object with meanMs, how, or null'],
    [{ disconnect: { which: 'none', how: 'clean' } }, '"which" to be all or one'],
    [{ frame: 1 }, 'frame: expected a text'],
  ])('refuses %j: %s', async (order, message) => {
    const { status, body } = await post(order);
    expect(status).toBe(400);
    expect(body.error).toContain(message);
    expect(exchange.faults).toEqual(NO_FAULTS);
  });
});

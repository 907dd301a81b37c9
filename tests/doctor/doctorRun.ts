import { type CheckResult, type DoctorPorts, examineExchange, type Market } from '@candlelake/core';
import { createSyntheticInstrument, type Faults, parseClock, startExchange } from '@candlelake/exchange-sim';
import { createHttpGet, createOpenSocket, inflate } from '@candlelake/node';

/** Saturday 12:00:20 UTC: the first close is 40 s away. */
export const STARTS_AT = Date.UTC(2026, 10, 21, 12, 0, 20);
/** What judges a fault does not depend on delays of a busy machine. */
const FAST = 20;
/** What must find nothing wrong does: a second of this clock is half of one. */
export const CALM = 2;

export interface DoctorRunOptions {
  readonly faults?: Partial<Faults>;
  readonly names?: readonly string[];
  readonly wrap?: (ports: DoctorPorts) => DoctorPorts;
  readonly speed?: number;
  /** A host that does not answer, before that of the stand-in. */
  readonly deadUrl?: string;
  /** Default: swap. */
  readonly market?: Market;
}

/** Examines a stand-in with faults, and closes it. */
export async function examineStandIn(options: DoctorRunOptions = {}): Promise<readonly CheckResult[]> {
  const { faults = {}, names, wrap = (ports) => ports, deadUrl, speed = FAST, market = 'swap' } = options;
  const clock = parseClock(`${Date.now()}:${STARTS_AT}:${speed}`);
  const instruments = ['BTC-USDT', 'ETH-USDT'].map((symbol) => createSyntheticInstrument({ symbol }));
  const exchange = await startExchange({ clock, instruments, spot: instruments, faults });
  const { restUrl } = exchange;
  const wsUrl = market === 'swap' ? exchange.wsUrl : exchange.spotWsUrl;
  const ports = wrap({ clock, httpGet: createHttpGet(), openSocket: createOpenSocket(), inflate });
  const { signal } = new AbortController();
  const results: CheckResult[] = [];
  const urls = deadUrl === undefined ? { restUrl } : { restUrl: deadUrl, fallbackUrl: restUrl };
  const asked = { market, ...urls, wsUrl, symbols: ['BTC-USDT'], interval: '3m', historyDays: 3 } as const;
  try {
    for await (const result of examineExchange(ports, { ...asked, ...(names && { names }) }, signal))
      results.push(result);
    return results;
  } finally {
    await exchange.close();
  }
}

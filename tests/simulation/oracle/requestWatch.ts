import type { ActiveFaults } from '../faults.ts';
import type { Problem } from './compareLakes.ts';
import { isTimeFaultNear, wasOn } from './timeFaults.ts';

/** Watches how often the exchange is called. An address has limits of its own. */
export interface RequestWatch {
  /** A request leaves an address. */
  sent(address: string): void;
  /** An answer said that an address may not send before `until`. */
  refused(address: string, until: number): void;
  /** A process opens a WebSocket. */
  connected(): void;
  /** All requests. */
  count(): number;
}

export interface RequestWatchOptions {
  readonly now: () => number;
  readonly faults: ActiveFaults;
  readonly problems: Problem[];
}

/** What one address may send. Source: README, "Limits"; the exchange allows one a second. */
const LIMITS = [
  { windowMs: 1_000, requests: 1 },
  { windowMs: 10_000, requests: 9 },
  { windowMs: 60_000, requests: 50 },
] as const;
const LONGEST_WINDOW_MS = 60_000;
/** Of two processes; the waits between connections grow from a second to half a minute. */
const MOST_CONNECTIONS = 40;
/** A request is sent when its reservation is written: two of them come so much closer at most. */
const JITTER_MS = 100;
/** A request that was on its way when the refusal came does not count. */
const ON_THE_WAY_MS = 20_000;
/** A wait ends so much early at most: the exchange's clock is known to about a second. */
const EARLY_MS = 2_000;
/** Requests are paced by the exchange's time as a process knows it: not checked while that changes. */
const CLOCK_RECOVERY_MS = 2 * LONGEST_WINDOW_MS;
/** A process keeps a wrong server time until it asks again, ten minutes later. Source: docs/bingx.md, "Time". */
const SERVER_TIME_RECOVERY_MS = 10 * 60_000 + CLOCK_RECOVERY_MS;

/** Adds a problem for each request above the limits. */
export function createRequestWatch({ now, faults, problems }: RequestWatchOptions): RequestWatch {
  const recent = new Map<string, number[]>();
  const refusals = new Map<string, { readonly at: number; readonly until: number }>();
  let connections: number[] = [];
  let count = 0;
  const add = (address: string, detail: string) =>
    problems.push({ kind: 'limit', detail: `${new Date(now()).toISOString()} ${address}: ${detail}` });

  return {
    sent(address) {
      count += 1;
      const times = (recent.get(address) ?? []).filter((time) => time > now() - LONGEST_WINDOW_MS);
      times.push(now());
      recent.set(address, times);
      if (isPaceTimeWrong(faults, now())) return;
      for (const { windowMs, requests } of LIMITS) {
        const inside = times.filter((time) => time > now() - windowMs + JITTER_MS).length;
        if (inside > requests) add(address, `${inside} requests within ${windowMs} ms`);
      }
      const refusal = refusals.get(address);
      if (!refusal || now() < refusal.at + ON_THE_WAY_MS || now() >= refusal.until - EARLY_MS) return;
      add(address, `a request before ${new Date(refusal.until).toISOString()}, as the exchange demands`);
    },
    refused(address, until) {
      if ((refusals.get(address)?.until ?? 0) < until) refusals.set(address, { at: now(), until });
    },
    connected() {
      connections = connections.filter((time) => time > now() - LONGEST_WINDOW_MS);
      if (connections.push(now()) <= MOST_CONNECTIONS) return;
      add('sockets', `${connections.length} connections within ${LONGEST_WINDOW_MS} ms`);
    },
    count: () => count,
  };
}

function isPaceTimeWrong(faults: ActiveFaults, now: number): boolean {
  return (
    isTimeFaultNear(faults, { now, sinceMs: CLOCK_RECOVERY_MS }) ||
    wasOn(faults, 'server-time-off', { now, sinceMs: SERVER_TIME_RECOVERY_MS })
  );
}

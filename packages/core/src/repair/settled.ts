import { type EpochMs, formatInstant, SECOND_MS } from '../domain/time/time.ts';
import type { Clock, ExchangeClock, Report } from '../ports.ts';
import type { Repairer } from './repairPass.ts';
import type { RepairScope } from './survey.ts';

export interface SettledPorts {
  readonly clock: Clock;
  readonly exchangeClock: ExchangeClock;
  readonly repairer: Pick<Repairer, 'survey'>;
  readonly report: Report;
}

export interface SettledOptions {
  /** What has to be settled; null while that is not known. */
  readonly scopes: () => readonly RepairScope[] | null;
  readonly until: EpochMs;
}

const CHECK_MS = 10 * SECOND_MS;

/** Resolves when every slot of the scopes is resolved; says once what it waits for. */
export async function untilSettled(
  ports: SettledPorts,
  { scopes, until }: SettledOptions,
  signal: AbortSignal,
): Promise<void> {
  const waiting = createWaitingReport(ports.report);
  for (;;) {
    const now = ports.exchangeClock.now();
    const known = scopes();
    if (known && now >= until) {
      const left = await unresolved(ports.repairer, known);
      if (left.slots === 0) return;
      waiting(left);
    }
    await ports.clock.sleep(Math.max(CHECK_MS, until - now), signal);
  }
}

export interface Unresolved {
  readonly slots: number;
  /** Those that history has said once to be empty. */
  readonly confirming: number;
  readonly oldest: { readonly symbol: string; readonly openTime: EpochMs } | null;
  readonly waitUntil: EpochMs | null;
}

/** What the scopes still lack. Missing slots of a scope whose gaps are not filled do not count: nobody asks for them. */
export async function unresolved(
  repairer: Pick<Repairer, 'survey'>,
  scopes: readonly RepairScope[],
): Promise<Unresolved> {
  let left: Unresolved = { slots: 0, confirming: 0, oldest: null, waitUntil: null };
  for (const scope of scopes) {
    const needs = await repairer.survey(scope);
    const open = scope.fillGaps ? [...needs.missing, ...needs.provisional] : needs.provisional;
    if (open.length === 0) continue;
    const waits = [left.waitUntil, needs.waitUntil].filter((wait) => wait !== null);
    left = {
      slots: left.slots + open.length,
      confirming: left.confirming + needs.confirming.length,
      oldest: left.oldest ?? { symbol: scope.series.symbol, openTime: Math.min(...open) },
      waitUntil: waits.length > 0 ? Math.min(...waits) : null,
    };
  }
  return left;
}

/** Reports what is waited for when it is new: the same number of slots is not told twice. */
export function createWaitingReport(report: Report): (left: Unresolved) => void {
  let told = 0;
  return (left) => {
    if (left.slots === told || !left.oldest) return;
    told = left.slots;
    const { symbol, openTime } = left.oldest;
    const confirming =
      left.confirming > 0 && left.waitUntil !== null
        ? `; ${left.confirming} look empty, asked for again at ${formatInstant(left.waitUntil)}`
        : '';
    const message = `waiting for ${left.slots} slots to settle, ${symbol} ${formatInstant(openTime)} the first${confirming}`;
    report({ level: 'info', kind: 'waiting', message, fields: { slots: left.slots, symbol, openTime } });
  };
}

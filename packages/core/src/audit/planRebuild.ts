import { minutesOfRequests, type PaceLimits } from '../domain/pace/limits.ts';
import { factsBySeries } from '../domain/slots/slotFacts.ts';
import type { SlotFacts } from '../ports.ts';
import { countRequests, type Stretch } from './compareHistory.ts';
import { type ReadCandlesPorts, readAll } from './takeCandles.ts';

/** What a new store is made from. */
export interface RebuildPlan {
  /** Objects of candles that are whole. */
  readonly take: readonly string[];
  /** Objects of candles that are not: their days come from history alone. */
  readonly refused: readonly string[];
  readonly series: number;
  readonly candles: number;
  /** To compare all of it with history. */
  readonly requests: number;
  /** How long they take at the pace of the exchange. */
  readonly minutes: number;
}

/** Reads these objects of a lake's candles table and plans a store made from them. Writes nothing. */
export async function planRebuild(
  ports: ReadCandlesPorts,
  { paths, limits }: { readonly paths: readonly string[]; readonly limits: PaceLimits },
  signal: AbortSignal,
): Promise<RebuildPlan> {
  const take: string[] = [];
  const refused: string[] = [];
  const facts: SlotFacts[] = [];
  let candles = 0;
  for await (const { path, content } of readAll(ports, paths, signal)) {
    if (content === null) {
      refused.push(path);
      continue;
    }
    take.push(path);
    candles += content.candles;
    facts.push(...content.facts.map(edgesOf));
  }
  const stretches = factsBySeries(facts).map(stretchOf);
  const requests = stretches.map(countRequests).reduce((sum, count) => sum + count, 0);
  const minutes = minutesOfRequests(requests, limits);
  return { take, refused, series: stretches.length, candles, requests, minutes };
}

/** The first and the last candle alone, so that a lake of years fits into memory. */
function edgesOf({ series, candles = [] }: SlotFacts): SlotFacts {
  return { series, candles: [candles[0]!, candles.at(-1)!] };
}

function stretchOf(facts: readonly SlotFacts[]): Stretch {
  const times = facts.flatMap(({ candles = [] }) => candles.map(({ openTime }) => openTime));
  const first = times.reduce((one, other) => Math.min(one, other));
  const last = times.reduce((one, other) => Math.max(one, other));
  return { series: facts[0]!.series, from: first, to: last + 1 };
}

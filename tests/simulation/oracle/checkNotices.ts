import type { CrossoverNotice } from '@candlelake/core';
import type { LakeRow } from '../machine/rowEncoder.ts';
import type { Problem } from './compareLakes.ts';

/**
 * Compares the last notice of each crossover with the lake: it says `crossed` if the lake shows it, else
 * `retracted`. The law of tests/contracts/noticeLaw.ts also says which crossovers have one.
 */
export function checkNotices(
  notices: readonly CrossoverNotice[],
  found: ReadonlyMap<string, readonly LakeRow[]>,
): readonly Problem[] {
  const shown = new Set<string>();
  for (const [path, rows] of found) {
    const timeframe = /^bars\/timeframe=(\w+)\//.exec(path)?.[1];
    if (timeframe === undefined) continue;
    for (const { symbol, open_time: openTime, ma_cross: kind } of rows) {
      const text = `${new Date(openTime as number).toISOString().slice(0, 16)}Z`;
      if (kind !== null) shown.add(`swap#${symbol}#${timeframe}#${text}#${kind}`);
    }
  }
  return notices
    .filter(({ id, state, sequence }) => {
      const isCrossed = state === 'crossed';
      return isCrossed !== shown.has(id) || isCrossed !== (sequence % 2 === 1);
    })
    .map(({ id, state }) => ({ kind: 'wrong', detail: `the last notice of ${id} is "${state}"` }));
}

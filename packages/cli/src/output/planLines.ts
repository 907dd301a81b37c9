import { intervalMs, isNothing, type MendPlan, type RebuildPlan, type ReportedEvent } from '@candlelake/core';
import { countOf } from './formatNumber.ts';
import { formatSymbols } from './formatSymbols.ts';

/** The lines of a plan, one event each; the last one has the figures. `aside` is where strays go. */
export function planEvents(plan: MendPlan, aside: string): readonly ReportedEvent[] {
  if (isNothing(plan)) return [planned('nothing to mend')];
  const { findings, rows, pendingDays, take, moveAside, fills, requests, minutes } = plan;
  const days = plan.days.length + plan.suspectDays.length;
  const slots = fills.reduce((sum, fill) => sum + fill.slots, 0);
  const names = formatSymbols(
    fills.map(({ series }) => series.symbol),
    fills[0]?.series.market ?? 'swap',
  );
  const compared = comparedSlots(plan);
  const parts: readonly (readonly [count: number, text: string])[] = [
    [
      days,
      `write the objects of ${countOf(days, 'day')} from the store: ${countOf(findings, 'finding')}, ${countOf(rows, 'row')}`,
    ],
    [pendingDays, `derive ${countOf(pendingDays, 'day')} that the store has marked`],
    [take.length, `take the candles of ${countOf(take.length, 'stray object')} into the store`],
    [moveAside.length, `move ${countOf(moveAside.length, 'file')} out of the lake, into ${aside}`],
    [slots, `ask history for ${countOf(slots, 'slot')} of ${names}`],
    [compared, `compare ${countOf(compared, 'slot')} with history and take its candles where they differ`],
  ];
  const wait = slots > 0 ? '; slots that history shows empty take 10 minutes more' : '';
  const cost = `${costText(plan)}${wait}`;
  const fields = { days, findings, rows, slots, compared, requests, minutes };
  return [
    ...parts.filter(([count]) => count > 0).map(([, text]) => planned(text)),
    { ...planned(cost), fields },
  ];
}

/** What a rebuild says of files. */
export interface RebuildFiles {
  /** What is wrong with the present store. */
  readonly damage: string;
  /** The later name of its file. */
  readonly damaged: string;
  /** Where objects go that cannot be read. */
  readonly aside: string;
}

/** The lines of the plan of a new store; the last one has the figures. */
export function rebuildEvents(
  plan: RebuildPlan,
  { damage, damaged, aside }: RebuildFiles,
): readonly ReportedEvent[] {
  const { take, refused, series, candles, requests, minutes } = plan;
  const made = `${countOf(candles, 'candle')} of ${series} symbols in ${countOf(take.length, 'object')}`;
  const parts = [
    `make a new store from ${made}; the present file, if there is one, is kept as ${damaged}`,
    ...(refused.length === 0
      ? []
      : [`move ${countOf(refused.length, 'object')} that cannot be read into ${aside}`]),
  ];
  const compare = `compare all of it with history: ${costText(plan)}, and then ask for what is missing`;
  const fields = { candles, objects: take.length, refused: refused.length, requests, minutes };
  return [planned(damage), ...parts.map(planned), { ...planned(compare), fields }];
}

function costText({ requests, minutes }: Pick<MendPlan, 'requests' | 'minutes'>): string {
  if (requests === 0) return 'no requests to the exchange';
  return `${countOf(requests, 'request')} to the exchange, about ${countOf(minutes, 'minute')}`;
}

function comparedSlots({ compare }: MendPlan): number {
  return compare.reduce(
    (sum, { series, from, to }) => sum + Math.ceil((to - from) / intervalMs(series.interval)),
    0,
  );
}

function planned(text: string): ReportedEvent {
  return { level: 'info', kind: 'plan', message: `plan: ${text}` };
}

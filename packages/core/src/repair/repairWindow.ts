import type { Absence, Candle, Series } from '../domain/candle/candle.ts';
import { type HistoryWindow, planWindows } from '../domain/slots/fetchPlan.ts';
import { absencesOf, candlesOf, type HistoryAnswer, unreadableOf } from '../domain/slots/historyAnswer.ts';
import { dayLookSlots, isDayLookDue } from '../domain/slots/secondLook.ts';
import { intervalMs } from '../domain/time/interval.ts';
import { type EpochMs, startOfDay } from '../domain/time/time.ts';
import type { CandleStore, History, MergedSlot, Report, SeriesRecord, SlotFacts } from '../ports.ts';
import type { OpenSlots } from './openSlots.ts';
import { reportRevision, reportUnreadable } from './pass/findings.ts';
import type { RepairScope } from './scope.ts';
import type { SurveyPlan, SurveyPorts } from './survey.ts';

export interface RepairPorts extends SurveyPorts {
  readonly history: History;
  readonly report: Report;
}

/** One pass over a scope. */
export interface Pass {
  readonly ports: RepairPorts;
  readonly scope: RepairScope;
  readonly plan: SurveyPlan;
  /** What is known of the series by now. */
  record: SeriesRecord;
  readonly open: OpenSlots;
}

/**
 * Asks for one window and writes the answer, together with the second looks that it brings: a crash loses
 * both or none. Returns the answer and how many slots got their first candle.
 */
export async function repairWindow(
  pass: Pass,
  window: HistoryWindow,
  signal: AbortSignal,
): Promise<{ readonly answer: HistoryAnswer; readonly filled: number }> {
  const { series } = pass.scope;
  const answer = await readWindow(pass, window, signal);
  const found = sortAnswer(pass.scope, answer, window.slots);
  const looks = await readDayLooks(pass, { window, ...found }, signal);
  const { candles, absences, unreadable } = found;
  const merged = await writeFacts(pass, [
    { series, candles, absences, unreadable, skipEqualFinals: true },
    { series, candles: [...found.others, ...looks], skipEqualFinals: true, skipEmptySlots: true },
  ]);
  const filled = merged.filter(({ before, after }) => before.candle === null && after.candle !== null);
  return { answer, filled: filled.length };
}

/** Reads a window of history, which may be wider than an answer. */
export async function readWindow(
  { ports, scope: { series, priority } }: Pass,
  { from, to }: Pick<HistoryWindow, 'from' | 'to'>,
  signal: AbortSignal,
): Promise<HistoryAnswer> {
  const page = await ports.history.read({ series, from, to, priority }, signal);
  return { ...page, intervalMs: intervalMs(series.interval) };
}

/**
 * What an answer says of the slots that it was asked for and of the scope, and its other candles, which may
 * revise what is stored but fill nothing.
 */
export function sortAnswer(
  { from, to, fillGaps }: RepairScope,
  answer: HistoryAnswer,
  slots: readonly EpochMs[],
) {
  const asked = new Set(slots);
  const isWanted = ({ openTime }: Candle) =>
    openTime >= from && openTime < to && (fillGaps || asked.has(openTime));
  const candles = candlesOf(answer);
  return {
    candles: candles.filter(isWanted),
    others: candles.filter((candle) => !isWanted(candle)),
    absences: absencesOf(answer, slots),
    unreadable: unreadableOf(answer, slots),
  };
}

/** Writes facts of a pass. Reports the finals that they change, and slots that turn out unreadable. */
export async function writeFacts(
  { ports, open, record }: Pass,
  facts: readonly SlotFacts[],
): Promise<readonly MergedSlot[]> {
  const now = ports.exchangeClock.now();
  const news = facts
    .filter(
      ({ candles, absences, unreadable, historyStart }) =>
        candles?.length || absences?.length || unreadable?.length || historyStart,
    )
    .map((part) => ({ ...part, now }));
  const merged = news.length > 0 ? await ports.candles.merge(news) : [];
  open.wrote(merged, record);
  for (const slot of merged) reportRevision(ports.report, slot);
  reportUnreadable(ports.report, merged);
  return merged;
}

interface Found {
  readonly window: HistoryWindow;
  readonly candles: readonly Candle[];
  readonly absences: readonly Absence[];
}

/**
 * Reads the finals that closed a day before the slots which an answer settles, unless the answer shows them
 * too (docs/decisions/0013-second-looks-without-memory.md). Returns the candles of history.
 */
async function readDayLooks(
  pass: Pass,
  { window, candles, absences }: Found,
  signal: AbortSignal,
): Promise<readonly Candle[]> {
  const {
    ports,
    scope: { series },
    record: { firstSlot },
  } = pass;
  const lengthMs = intervalMs(series.interval);
  const finals = candles.filter(({ status }) => status === 'final');
  const settled = [...finals, ...absences]
    .map(({ openTime }) => openTime)
    .filter((slot) => isUnsettled(pass, slot));
  const slots = dayLookSlots(settled, { intervalMs: lengthMs, firstSlot, shown: window }).filter(
    (slot) => !isUnsettled(pass, slot),
  );
  const due = await findDueFinals(ports.candles, series, slots);
  const looks: (readonly Candle[])[] = [];
  for (const look of planWindows(due, { intervalMs: lengthMs, firstSlot: null })) {
    looks.push(candlesOf(await readWindow(pass, look, signal)));
  }
  return looks.flat();
}

/** Whether a slot of the scope was not settled before the answer at hand. */
function isUnsettled({ plan, open, record }: Pass, openTime: EpochMs): boolean {
  return openTime >= plan.closedUntil || open.has(openTime, record);
}

/** Those of the slots that hold a final whose look a day after its close is due, ascending. */
async function findDueFinals(
  candles: CandleStore,
  series: Series,
  slots: readonly EpochMs[],
): Promise<readonly EpochMs[]> {
  const wanted = new Set(slots);
  const due: EpochMs[] = [];
  for (const day of new Set(slots.map(startOfDay))) {
    for (const candle of (await candles.readDay(series, day)).candles) {
      const isDue = wanted.has(candle.openTime) && isDayLookDue(candle, intervalMs(series.interval));
      if (isDue) due.push(candle.openTime);
    }
  }
  return due.sort((a, b) => a - b);
}

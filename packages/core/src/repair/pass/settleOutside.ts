import { type HistoryWindow, MAX_HISTORY_ROWS } from '../../domain/slots/fetchPlan.ts';
import {
  type HistoryAnswer,
  newestRow,
  oldestRow,
  slotsOutsideAnswer,
} from '../../domain/slots/historyAnswer.ts';
import { newRecord } from '../../domain/slots/seriesRecord.ts';
import { floorToInterval, intervalMs } from '../../domain/time/interval.ts';
import { DAY_MS, type EpochMs, startOfDay } from '../../domain/time/time.ts';
import { type Pass, readWindow, sortAnswer, writeFacts } from '../repairWindow.ts';

/** A closed market or a halt is rarely longer; the store is not searched further for the candle after it. */
const SEARCHED_DAYS = 31;
/** History is searched for a row after slots only when there was a day for one: the newest may be late. */
const SEARCH_AFTER_MS = DAY_MS;

/** A pass that meets slots outside an answer. */
export interface OutsidePass extends Pass {
  /** The last answer that showed a hole wider than a request. */
  shownEmpty: HistoryAnswer | null;
  /** History has shown no row from there on, without proof that there is none. */
  emptyFrom: EpochMs;
}

interface AnsweredWindow {
  readonly left: readonly EpochMs[];
  readonly window: HistoryWindow;
  readonly answer: HistoryAnswer;
}

/**
 * Settles the slots of a window that lie outside its answer, before or after all rows: asks for everything
 * before the next row that is known. Returns what of `left` is still to be asked for.
 */
export async function settleOutside(
  pass: OutsidePass,
  { left, window, answer }: AnsweredWindow,
  signal: AbortSignal,
): Promise<readonly EpochMs[]> {
  const [open] = slotsOutsideAnswer(answer, window.slots);
  if (open === undefined) return left;
  for await (const anchor of anchorsAfter(pass, { answer, open, from: window.to }, signal)) {
    const slots = [...left, ...window.slots].filter((slot) => slot < anchor);
    const found = await lookBelow(pass, { slots, anchor }, signal);
    if (found.below === 'rows') pass.shownEmpty = found.answer;
    if (!found.hasNews) continue;
    pass.record = (await pass.ports.candles.findSeries(pass.scope.series)) ?? newRecord(pass.scope.series);
    return pass.open.stillDue(left, pass.record);
  }
  if (oldestRow(answer) === null) pass.emptyFrom = await findEmptyFrom(pass, window, signal);
  return left;
}

/**
 * Where the slots end of which history shows a row, when it shows none of a window and none after it. One
 * wide request over everything before it finds its newest row: a symbol without any history takes a few
 * requests a pass, not one for each window.
 */
async function findEmptyFrom(
  pass: OutsidePass,
  { from, slots }: HistoryWindow,
  signal: AbortSignal,
): Promise<EpochMs> {
  const lowest = pass.plan.from;
  if ((slots[0] as EpochMs) <= lowest) return lowest;
  const newest = newestRow(await readWindow(pass, { from: lowest, to: from }, signal));
  return newest === null ? lowest : newest + 1;
}

interface BelowOptions {
  /** The slots in question, ascending: all of them open before the anchor. */
  readonly slots: readonly EpochMs[];
  /** Open time of a slot for which history is believed to hold a row. */
  readonly anchor: EpochMs;
}

/** What one look showed. */
interface Below {
  /** Nothing, that history begins at the anchor, or rows before it. */
  readonly below: 'nothing' | 'start' | 'rows';
  /** Whether anything was written of the slots in question. */
  readonly hasNews: boolean;
  readonly answer: HistoryAnswer;
}

/**
 * Looks at all that lies before a row: history begins with it, or there is a hole. A range wider than an
 * answer is answered with its newest rows (docs/bingx.md, "REST candles"), so one request tells. It proves
 * nothing unless the row itself is in the answer, so that an answer without rows is no evidence. Writes what
 * it shows.
 */
async function lookBelow(pass: Pass, { slots, anchor }: BelowOptions, signal: AbortSignal): Promise<Below> {
  const { scope, plan, record } = pass;
  const { series } = scope;
  const lengthMs = intervalMs(series.interval);
  const from = Math.min(plan.from, record.firstSlot ?? plan.from) - lengthMs;
  const answer = await readWindow(pass, { from, to: anchor + lengthMs }, signal);
  const oldest = oldestRow(answer);
  const { candles, absences, unreadable, others } = sortAnswer(scope, answer, slots);
  const isStart = oldest === anchor;
  const start = isStart ? { historyStart: { firstAvailable: anchor, read: answer.observed } } : {};
  const merged = await writeFacts(pass, [
    { series, candles, absences, unreadable, ...start, skipEqualFinals: true },
    { series, candles: others, skipEqualFinals: true, skipEmptySlots: true },
  ]);
  const asked = new Set(slots);
  const hasNews = isStart || merged.some(({ openTime }) => asked.has(openTime));
  if (oldest === null) return { below: 'nothing', hasNews, answer };
  return { below: isStart ? 'start' : 'rows', hasNews, answer };
}

/**
 * Looks again whether history begins where it is believed to; the candles that it held may be gone by now, or
 * the answers that said so were wrong.
 */
export async function lookAtStart(pass: Pass, firstAvailable: EpochMs, signal: AbortSignal): Promise<void> {
  const { below } = await lookBelow(pass, { slots: [], anchor: firstAvailable }, signal);
  if (below !== 'nothing') return;
  const anchor = await findOldestRow(pass, firstAvailable, signal);
  if (anchor !== null) await lookBelow(pass, { slots: [], anchor }, signal);
}

/**
 * Where history is likely to hold a row after slots that an answer left open, the most likely first: the
 * oldest row of that answer, the next candle in the store, the known start of history, and what a search of
 * history finds. `open` is the oldest of these slots, `from` the first instant that the answer was not asked
 * for.
 */
async function* anchorsAfter(
  pass: Pass,
  { answer, open, from }: { readonly answer: HistoryAnswer; readonly open: EpochMs; readonly from: EpochMs },
  signal: AbortSignal,
): AsyncGenerator<EpochMs> {
  const shown = oldestRow(answer);
  if (shown !== null && open < shown) {
    yield shown;
    return;
  }
  // Nothing can be known after the newest closed slot.
  if (from > closedUntil(pass)) return;
  const stored = await nextStoredCandle(pass, from);
  if (stored !== null) yield stored;
  const { firstAvailable, pending } = pass.record.historyStart;
  const start = pending?.firstAvailable ?? firstAvailable;
  if (start !== null && start >= from && start !== stored) yield start;
  if (from > closedUntil(pass) - SEARCH_AFTER_MS) return;
  const found = await findOldestRow(pass, from, signal);
  if (found !== null && found !== stored && found !== start) yield found;
}

/**
 * The oldest row that history holds from `from` on: near it, or else found by halving the time until now.
 * Null when history shows none.
 */
async function findOldestRow(pass: Pass, from: EpochMs, signal: AbortSignal): Promise<EpochMs | null> {
  const { interval } = pass.scope.series;
  const lengthMs = intervalMs(interval);
  const wideMs = MAX_HISTORY_ROWS * lengthMs;
  const first = async (low: EpochMs, high: EpochMs) =>
    oldestRow(await readWindow(pass, { from: low, to: high }, signal));
  const end = closedUntil(pass) + lengthMs;
  const near = await first(from, Math.min(from + wideMs, end));
  if (near !== null || from + wideMs >= end) return near;
  let low = from + wideMs;
  let high = await first(low, end);
  if (high === null) return null;
  while (high - low > wideMs) {
    const middle = floorToInterval((low + high) / 2, interval);
    const found = await first(low, middle);
    if (found === null) low = middle;
    else high = found;
  }
  return (await first(low, high)) ?? high;
}

/** The next candle in the store that opens at `from` or later and that history has shown. */
async function nextStoredCandle({ ports, scope, record }: Pass, from: EpochMs): Promise<EpochMs | null> {
  if (record.firstSlot === null) return null;
  const now = ports.exchangeClock.now();
  let day = startOfDay(Math.max(from, record.firstSlot));
  for (let days = 0; days < SEARCHED_DAYS && day <= now; days += 1, day += DAY_MS) {
    const { candles } = await ports.candles.readDay(scope.series, day);
    const next = candles.find(({ openTime, source }) => openTime >= from && source === 'history');
    if (next) return next.openTime;
  }
  return null;
}

/** The end of the newest closed slot, also where the scope ends earlier. */
function closedUntil({ ports, scope }: Pass): EpochMs {
  return floorToInterval(ports.exchangeClock.now(), scope.series.interval);
}

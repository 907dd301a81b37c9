import { type HistoryWindow, planWindows } from '../domain/slots/fetchPlan.ts';
import type { HistoryAnswer } from '../domain/slots/historyAnswer.ts';
import { joinNeeds, type Needs, needsBeforeStart, startOfNeeds } from '../domain/slots/needs.ts';
import type { SlotRange } from '../domain/slots/secondLook.ts';
import { newRecord } from '../domain/slots/seriesRecord.ts';
import { intervalMs } from '../domain/time/interval.ts';
import { DAY_MS, type EpochMs, startOfDay } from '../domain/time/time.ts';
import { OpenSlots } from './openSlots.ts';
import {
  type Pass,
  type RepairPorts,
  readWindow,
  repairWindow,
  sortAnswer,
  writeFacts,
} from './repairWindow.ts';
import type { RepairScope } from './scope.ts';
import { silenceStart } from './silence.ts';
import { planSurvey, surveyStretch } from './survey.ts';

/** What one request did. */
export interface WindowAnswer {
  /** How many slots it asked for. */
  readonly asked: number;
  /** The oldest of them. */
  readonly oldest: EpochMs;
  /** How many slots got their first candle. */
  readonly filled: number;
}

export interface RepairOptions {
  readonly scope: RepairScope;
  /**
   * Whether a slot is worth a request of its own; by default all are. The others are asked for along with it.
   */
  readonly isWorthAsking?: (slot: EpochMs) => boolean;
  /** Called after each answer is written. */
  readonly onAnswer?: (answer: WindowAnswer) => void;
}

export interface ScopeResult {
  /** What is not settled after the pass. */
  readonly needs: Needs;
  /** Slots that open before it had closed when the pass began; later ones were not looked at. */
  readonly closedUntil: EpochMs;
  /** The slots that the pass asked for and that are not settled after it. */
  readonly asked: ReadonlySet<EpochMs>;
  /** From where to the present history showed nothing; null when the pass did not ask for the present. */
  readonly silentFrom: EpochMs | null;
}

/**
 * The one algorithm of start-up, backfill, reconnect and the periodic check: asks history for all of a scope
 * that is not settled and can be asked for now, and writes the answers. Only the store remembers what is
 * settled (docs/decisions/0007-repair-has-no-memory.md). The days are read one by one, the newest first, and
 * a request is sent as soon as all of its slots are known: a scope of years begins as soon as one of days,
 * and the host gets a turn before each day. Throws what {@link History.read} throws, and the signal's reason
 * when it aborts; what was written until then stays.
 */
export async function repairScope(
  ports: RepairPorts,
  options: RepairOptions,
  signal: AbortSignal,
): Promise<ScopeResult> {
  const { scope } = options;
  const plan = await planSurvey(ports, scope);
  const open = new OpenSlots(scope, ports.exchangeClock);
  const pass: ScopePass = {
    ports,
    plan,
    record: plan.record,
    open,
    ...options,
    asked: new Set(),
    silentFrom: null,
    shownEmpty: null,
  };
  let { surveyFrom } = plan;
  let waiting: readonly EpochMs[] = [];
  for (const [index, stretch] of plan.stretches.entries()) {
    if (stretch.to <= startOfNeeds(pass.record, ports.exchangeClock.now())) {
      surveyFrom = stretch.to;
      break;
    }
    const due = await surveyDue(pass, stretch, signal);
    const knownFrom = plan.stretches[index + 1]?.to ?? Number.NEGATIVE_INFINITY;
    waiting = await askAll(pass, { slots: [...due, ...waiting], knownFrom }, signal);
  }
  const record = (await ports.candles.findSeries(scope.series)) ?? newRecord(scope.series);
  const lengthMs = intervalMs(scope.series.interval);
  const before = needsBeforeStart(record, { from: plan.from, to: surveyFrom, intervalMs: lengthMs });
  const needs = joinNeeds([before, open.needs(record)]);
  return { needs, closedUntil: plan.closedUntil, asked: pass.asked, silentFrom: pass.silentFrom };
}

interface ScopePass extends Pass, Omit<RepairOptions, 'scope'> {
  /** The slots that were asked for in vain. */
  readonly asked: Set<EpochMs>;
  silentFrom: EpochMs | null;
  /** The last answer that showed a hole wider than a request. */
  shownEmpty: HistoryAnswer | null;
}

/** Reads a stretch. Returns those of its slots that history is to be asked for now. */
async function surveyDue(
  pass: ScopePass,
  stretch: SlotRange,
  signal: AbortSignal,
): Promise<readonly EpochMs[]> {
  const { ports, scope, open, record, shownEmpty } = pass;
  open.add(await surveyStretch(ports, record, stretch, signal));
  const day = startOfDay(stretch.from);
  const oldestShown = shownEmpty?.rows[0]?.openTime ?? Number.POSITIVE_INFINITY;
  if (shownEmpty && stretch.to > oldestShown) {
    const { absences } = sortAnswer(scope, shownEmpty, open.due(day, record));
    await writeFacts(pass, [{ series: scope.series, absences }]);
  }
  return open.due(day, record);
}

interface KnownSlots {
  /** The slots to ask for, ascending. */
  readonly slots: readonly EpochMs[];
  /** Slots before it may have to be asked for too. */
  readonly knownFrom: EpochMs;
}

/** Sends the requests that can be planned by now, newest slots first. Returns the slots that are left. */
async function askAll(
  pass: ScopePass,
  { slots, knownFrom }: KnownSlots,
  signal: AbortSignal,
): Promise<readonly EpochMs[]> {
  const { scope, plan, open, isWorthAsking = () => true } = pass;
  const { firstSlot } = plan.record;
  let left = slots;
  for (;;) {
    const [window] = planWindows(left, {
      intervalMs: intervalMs(scope.series.interval),
      firstSlot,
      knownFrom,
    });
    if (!window) return left;
    left = left.slice(0, -window.slots.length);
    if (!window.slots.some(isWorthAsking)) continue;
    const { answer, filled } = await repairWindow(pass, window, signal);
    pass.silentFrom ??= silenceStart(answer, window);
    pass.onAnswer?.({ asked: window.slots.length, oldest: window.slots[0] as EpochMs, filled });
    const anchor = emptyBelow(answer, window);
    if (anchor !== null) {
      const below = [...left, ...window.slots].filter((slot) => slot < anchor);
      await findHistoryStart(pass, { slots: below, anchor }, signal);
      left = open.stillDue(left, pass.record);
    }
    for (const slot of window.slots) if (open.has(slot, pass.record)) pass.asked.add(slot);
  }
}

/**
 * The instant below which the answer shows nothing although slots there were asked for; null when there are
 * none. An answer without any row tells something about old slots only: for the newest ones it is a failure
 * of the exchange.
 */
function emptyBelow({ rows, observed }: HistoryAnswer, { slots, to }: HistoryWindow): EpochMs | null {
  const first = rows[0];
  if (!first && observed - to <= DAY_MS) return null;
  const anchor = first?.openTime ?? (slots.at(-1) as EpochMs) + 1;
  return (slots[0] as EpochMs) < anchor ? anchor : null;
}

/**
 * Looks at all that lies below an instant under which an answer shows nothing: history begins there, or it
 * has a wide hole. A range wider than an answer is answered with its newest rows (docs/bingx.md, "REST
 * candles"), so one request tells. Writes the answer, for slots of days that are not surveyed yet later.
 */
async function findHistoryStart(
  pass: ScopePass,
  { slots, anchor }: { readonly slots: readonly EpochMs[]; readonly anchor: EpochMs },
  signal: AbortSignal,
): Promise<void> {
  const { ports, scope, plan, record } = pass;
  const { series } = scope;
  const lengthMs = intervalMs(series.interval);
  const from = Math.min(plan.from, record.firstSlot ?? plan.from) - lengthMs;
  const answer = await readWindow(pass, { from, to: anchor + lengthMs }, signal);
  const first = answer.rows[0];
  if (first && first.openTime < anchor) {
    const { candles, absences } = sortAnswer(scope, answer, slots);
    await writeFacts(pass, [{ series, candles, absences, skipEqualFinals: true }]);
    pass.shownEmpty = answer;
    return;
  }
  const firstAvailable = Math.ceil((first?.openTime ?? anchor) / lengthMs) * lengthMs;
  await writeFacts(pass, [{ series, historyStart: { firstAvailable, read: answer.observed } }]);
  pass.record = (await ports.candles.findSeries(series)) ?? newRecord(series);
}

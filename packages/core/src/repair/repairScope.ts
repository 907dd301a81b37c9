import { planWindows } from '../domain/slots/fetchPlan.ts';
import { isStartLookDue } from '../domain/slots/laterLook.ts';
import { joinNeeds, type Needs, needsBeforeStart, startOfNeeds } from '../domain/slots/needs.ts';
import type { SlotRange } from '../domain/slots/secondLook.ts';
import { newRecord } from '../domain/slots/seriesRecord.ts';
import { intervalMs } from '../domain/time/interval.ts';
import { type EpochMs, startOfDay } from '../domain/time/time.ts';
import { OpenSlots } from './openSlots.ts';
import { lookAtStart, type OutsidePass, settleOutside } from './pass/settleOutside.ts';
import { type RepairPorts, repairWindow, sortAnswer, writeFacts } from './repairWindow.ts';
import type { RepairScope } from './scope.ts';
import { silenceStart } from './silence.ts';
import { planSurvey, type SurveyPlan, surveyStretch } from './survey.ts';

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
  const { isStartDisproved, ...result } = await repairOnce(ports, options, signal);
  if (!isStartDisproved) return result;
  const { needs, closedUntil, asked, silentFrom } = await repairOnce(ports, options, signal);
  return {
    needs,
    closedUntil,
    asked: new Set([...result.asked, ...asked]),
    silentFrom: silentFrom ?? result.silentFrom,
  };
}

/** One round over the scope. A row before the start of history disproves it: what that hid is left out. */
async function repairOnce(
  ports: RepairPorts,
  options: RepairOptions,
  signal: AbortSignal,
): Promise<ScopeResult & { readonly isStartDisproved: boolean }> {
  const { scope } = options;
  const plan = await planAfterLook(ports, scope, signal);
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
    emptyFrom: Number.POSITIVE_INFINITY,
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
  const { asked, silentFrom } = pass;
  const isStartDisproved =
    surveyFrom > plan.from && startOfNeeds(record, ports.exchangeClock.now()) <= surveyFrom - lengthMs;
  return { needs, closedUntil: plan.closedUntil, asked, silentFrom, isStartDisproved };
}

/** Plans the survey, after a look at the start of history if that is due and the scope reaches beyond it. */
async function planAfterLook(
  ports: RepairPorts,
  scope: RepairScope,
  signal: AbortSignal,
): Promise<SurveyPlan> {
  const plan = await planSurvey(ports, scope);
  const { firstAvailable } = plan.record.historyStart;
  const options = { now: ports.exchangeClock.now(), since: scope.startedAt ?? 0 };
  if (!scope.fillGaps || !isStartLookDue(plan.record.historyStart, options)) return plan;
  if (firstAvailable === null || plan.from >= firstAvailable) return plan;
  const open = new OpenSlots(scope, ports.exchangeClock);
  await lookAtStart({ ports, scope, plan, record: plan.record, open }, firstAvailable, signal);
  return planSurvey(ports, scope);
}

interface ScopePass extends OutsidePass, Omit<RepairOptions, 'scope'> {
  /** The slots that were asked for in vain. */
  readonly asked: Set<EpochMs>;
  silentFrom: EpochMs | null;
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
  let left = withoutEmpty(pass, slots);
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
    const asked = window.slots.length - open.asked(window.slots);
    pass.onAnswer?.({ asked, oldest: window.slots[0] as EpochMs, filled });
    left = withoutEmpty(pass, await settleOutside(pass, { left, window, answer }, signal));
    for (const slot of window.slots) if (open.has(slot, pass.record)) pass.asked.add(slot);
  }
}

/** The slots without those that need no request of their own in this pass. These count as asked in vain. */
function withoutEmpty({ emptyFrom, asked }: ScopePass, slots: readonly EpochMs[]): readonly EpochMs[] {
  if ((slots.at(-1) ?? 0) < emptyFrom) return slots;
  for (const slot of slots) if (slot >= emptyFrom) asked.add(slot);
  return slots.filter((slot) => slot < emptyFrom);
}

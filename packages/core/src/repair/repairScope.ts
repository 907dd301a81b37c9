import { type HistoryWindow, planWindows } from '../domain/slots/fetchPlan.ts';
import type { HistoryAnswer } from '../domain/slots/historyAnswer.ts';
import { type Needs, needsOf, stillUnsettled } from '../domain/slots/needs.ts';
import { newRecord } from '../domain/slots/seriesRecord.ts';
import { intervalMs } from '../domain/time/interval.ts';
import { DAY_MS, type EpochMs } from '../domain/time/time.ts';
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
import { surveyScope } from './survey.ts';

/** What one request did: how many slots it asked for, and how many got their first candle. */
export interface WindowAnswer {
  readonly asked: number;
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
  /** The slots that the pass asked for. */
  readonly asked: ReadonlySet<EpochMs>;
  /** From where to the present history showed nothing; null when the pass did not ask for the present. */
  readonly silentFrom: EpochMs | null;
}

/** Each plan after the first one follows a hole that is wider than a request. */
const MAX_PLANS = 20;

/**
 * The one algorithm of start-up, backfill, reconnect and the periodic check: asks history for all of a scope
 * that is not settled and can be asked for now, and writes the answers. Only the store remembers what is
 * settled (docs/decisions/0007-repair-has-no-memory.md). Throws what {@link History.read} throws; what was
 * written until then stays.
 */
export async function repairScope(
  ports: RepairPorts,
  options: RepairOptions,
  signal: AbortSignal,
): Promise<ScopeResult> {
  const { scope } = options;
  const { series } = scope;
  const survey = await surveyScope(ports, scope);
  let { record, unsettled } = survey;
  const written: Pass['written'] = new Map();
  const asked = new Set<EpochMs>();
  let silentFrom: EpochMs | null = null;
  const readNeeds = () => {
    const now = ports.exchangeClock.now();
    return needsOf({ ...scope, unsettled, record, now, intervalMs: intervalMs(series.interval) });
  };
  for (let plans = 0; plans < MAX_PLANS; plans += 1) {
    const { ask } = readNeeds();
    if (ask.length === 0) break;
    const { size } = written;
    const plan = await askAll({ ports, scope, survey, record, written, asked }, { ...options, ask }, signal);
    silentFrom ??= plan.silentFrom;
    record = (await ports.candles.findSeries(series)) ?? newRecord(series);
    unsettled = stillUnsettled(unsettled, written, record);
    // The same plan would get the same answers.
    if (plan.isDone || written.size === size) break;
  }
  return { needs: readNeeds(), closedUntil: survey.closedUntil, asked, silentFrom };
}

interface AskedPlan {
  /** False where a hole wider than a request changed what is worth asking. */
  readonly isDone: boolean;
  readonly silentFrom: EpochMs | null;
}

/** Works through one plan, newest slots first, and ends early at a hole wider than a request. */
async function askAll(
  pass: Pass & { readonly asked: Set<EpochMs> },
  { ask, isWorthAsking = () => true, onAnswer }: RepairOptions & { readonly ask: readonly EpochMs[] },
  signal: AbortSignal,
): Promise<AskedPlan> {
  const { firstSlot } = pass.record;
  let silentFrom: EpochMs | null = null;
  for (const window of planWindows(ask, { firstSlot, intervalMs: intervalMs(pass.scope.series.interval) })) {
    if (!window.slots.some(isWorthAsking)) continue;
    const { answer, filled } = await repairWindow(pass, window, signal);
    for (const slot of window.slots) pass.asked.add(slot);
    silentFrom ??= silenceStart(answer, window);
    onAnswer?.({ asked: window.slots.length, filled });
    const anchor = emptyBelow(answer, window);
    if (anchor === null) continue;
    const slots = ask.filter((slot) => slot < anchor);
    for (const slot of slots) pass.asked.add(slot);
    return { isDone: await findHistoryStart(pass, { slots, anchor }, signal), silentFrom };
  }
  return { isDone: true, silentFrom };
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
 * candles"), so one request tells. Writes the answer; returns whether history begins there.
 */
async function findHistoryStart(
  pass: Pass,
  { slots, anchor }: { readonly slots: readonly EpochMs[]; readonly anchor: EpochMs },
  signal: AbortSignal,
): Promise<boolean> {
  const { series } = pass.scope;
  const lengthMs = intervalMs(series.interval);
  const oldest = slots[0] as EpochMs;
  const from = Math.min(oldest, pass.record.firstSlot ?? oldest) - lengthMs;
  const answer = await readWindow(pass, { from, to: anchor + lengthMs }, signal);
  const first = answer.rows[0];
  if (first && first.openTime < anchor) {
    const { candles, absences } = sortAnswer(pass.scope, answer, slots);
    await writeFacts(pass, [{ series, candles, absences, skipEqualFinals: true }]);
    return false;
  }
  const firstAvailable = Math.ceil((first?.openTime ?? anchor) / lengthMs) * lengthMs;
  await writeFacts(pass, [{ series, historyStart: { firstAvailable, read: answer.observed } }]);
  return true;
}

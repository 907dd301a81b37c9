import { type HistoryWindow, planWindows } from '../domain/slots/fetchPlan.ts';
import { type Needs, REREAD_AGES_MS, REREAD_PATIENCE_MS } from '../domain/slots/needs.ts';
import { intervalMs } from '../domain/time/interval.ts';
import type { EpochMs } from '../domain/time/time.ts';
import { type AskPorts, askWindow, isHistoryStart } from './repairWindow.ts';
import { type RepairScope, survey } from './survey.ts';

/** What one request did: the slots that it was for, and the empty ones that it filled. */
export interface WindowAnswer {
  readonly asked: number;
  readonly filled: number;
}

/** The one algorithm of start-up, backfill, reconnect and the periodic check (design §3, "Repair"). What is settled and what is not, only the store remembers. */
export interface Repairer {
  /** What is unresolved in a scope, and what of it is worth asking history for now. */
  survey(scope: RepairScope): Promise<Needs>;
  /**
   * Asks history for all that is worth asking and writes what it says; `onAnswer` hears of every answer. Returns the survey
   * afterwards. Throws what {@link History.read} throws; what was written until then stays.
   */
  pass(scope: RepairScope, signal: AbortSignal, onAnswer?: (answer: WindowAnswer) => void): Promise<Needs>;
}

/** Every new plan follows a hole wider than a request. */
const MAX_PLANS = 20;

/** A repairer over a store and a history. Only which finals it has read again does it remember: a restart reads them once more. */
export function createRepairer(ports: AskPorts): Repairer {
  const lastOverdueAsk = new Map<string, EpochMs>();
  const readAgain = new Map<string, readonly EpochMs[]>();
  const keyOf = ({ series, priority }: RepairScope) => `${series.symbol} ${series.interval} ${priority}`;
  const surveyScope = (scope: RepairScope) => survey(ports, scope, readAgain.get(keyOf(scope)));

  async function pass(
    scope: RepairScope,
    signal: AbortSignal,
    onAnswer: (answer: WindowAnswer) => void = () => {},
  ): Promise<Needs> {
    let needs = await surveyScope(scope);
    for (let plans = 0; plans < MAX_PLANS; plans += 1) {
      const end = await askAll(scope, needs, onAnswer, signal);
      if (end === 'nothing asked') return needs;
      needs = await surveyScope(scope);
      if (end === 'done') break;
    }
    return needs;
  }

  /** Works through one plan; it ends early where a hole wider than a request changes what is worth asking. */
  async function askAll(
    scope: RepairScope,
    needs: Needs,
    onAnswer: (answer: WindowAnswer) => void,
    signal: AbortSignal,
  ): Promise<'nothing asked' | 'done' | 'plan again'> {
    const now = ports.exchangeClock.now();
    const asked = withOverdue(needs, scope);
    const windows = planWindows(asked, needs.reread, intervalMs(scope.series.interval));
    if (windows.length === 0) return 'nothing asked';
    const record = await ports.candles.findSeries(scope.series);
    const unresolved = new Set(needs.ask);
    for (const window of windows) {
      const { filled, anchor } = await askWindow(ports, scope, { ...window, record, unresolved }, signal);
      onAnswer({ asked: window.slots.length, filled });
      if (anchor === null) continue;
      const slots = asked.filter((slot) => slot < anchor);
      return (await isHistoryStart(ports, scope, { slots, anchor, record }, signal)) ? 'done' : 'plan again';
    }
    noteReadAgain(scope, needs, windows, now);
    return 'done';
  }

  /** All finals that were due at `now` have been read again, if the windows held them. */
  function noteReadAgain(
    scope: RepairScope,
    { reread }: Needs,
    windows: readonly HistoryWindow[],
    now: EpochMs,
  ): void {
    const held = new Set(windows.flatMap(({ slots }) => slots));
    if (!reread.every((slot) => held.has(slot))) return;
    const lengthMs = intervalMs(scope.series.interval);
    readAgain.set(
      keyOf(scope),
      REREAD_AGES_MS.map((age) => now - age - lengthMs),
    );
  }

  /** Overdue re-reads get a request of their own now and then; a final that history lost must not be asked for in a loop. */
  function withOverdue(needs: Needs, scope: RepairScope): readonly EpochMs[] {
    if (needs.overdue.length === 0) return needs.ask;
    const now = ports.exchangeClock.now();
    if (now - (lastOverdueAsk.get(keyOf(scope)) ?? 0) < REREAD_PATIENCE_MS) return needs.ask;
    lastOverdueAsk.set(keyOf(scope), now);
    return [...needs.ask, ...needs.overdue].sort((a, b) => a - b);
  }

  return { survey: surveyScope, pass };
}

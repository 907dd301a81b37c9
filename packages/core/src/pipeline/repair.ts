import type { Candle, Series } from '../domain/candle.ts';
import { absencesOf, candlesOf, type HistoryAnswer, worthWriting } from '../domain/historyFacts.ts';
import { intervalMs } from '../domain/interval.ts';
import { joinNeeds, type Needs, NO_NEEDS, needsOf, REREAD_PATIENCE_MS } from '../domain/needs.ts';
import { type HistoryWindow, planWindows } from '../domain/plan.ts';
import { buildDaySlots } from '../domain/slots.ts';
import { DAY_MS, type EpochMs, startOfDay } from '../domain/time.ts';
import type {
  CandleStore,
  DerivationStore,
  ExchangeClock,
  History,
  Report,
  RequestPriority,
  SeriesRecord,
} from '../ports.ts';

export interface RepairPorts {
  readonly history: History;
  readonly exchangeClock: ExchangeClock;
  readonly candles: CandleStore;
  readonly derivation: Pick<DerivationStore, 'readAsOf' | 'readCoverage'>;
  readonly report: Report;
}

/** The stretch of one series that is to be made whole. */
export interface RepairScope {
  readonly series: Series;
  /** Slots that open in [from, to) and are closed by now. */
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly fillGaps: boolean;
  readonly priority: RequestPriority;
}

/** What one request did: the slots that it was for, and the empty ones that it filled. */
export interface WindowAnswer {
  readonly asked: number;
  readonly filled: number;
}

/** The one algorithm of start-up, backfill, reconnect and the periodic check (design §3, "Repair"). It keeps nothing: the store is the memory. */
export interface Repairer {
  /** What is unresolved in a scope, and what of it is worth asking history for now. */
  survey(scope: RepairScope): Promise<Needs>;
  /**
   * Asks history for all that is worth asking and writes what it says; `onAnswer` hears of every answer. Returns the survey
   * afterwards. Throws what {@link History.read} throws; what was written until then stays.
   */
  pass(scope: RepairScope, signal: AbortSignal, onAnswer?: (answer: WindowAnswer) => void): Promise<Needs>;
}

/** A repairer over a store and a history. */
export function createRepairer(ports: RepairPorts): Repairer {
  const lastOverdueAsk = new Map<string, EpochMs>();

  async function pass(
    scope: RepairScope,
    signal: AbortSignal,
    onAnswer: (answer: WindowAnswer) => void = () => {},
  ): Promise<Needs> {
    const needs = await survey(ports, scope);
    const windows = planWindows(withOverdue(needs, scope), needs.reread, intervalMs(scope.series.interval));
    const record = await recordOf(ports, scope.series);
    for (const window of windows) {
      const { filled, emptyBelow } = await askWindow(ports, scope, { ...window, record }, signal);
      onAnswer({ asked: window.slots.length, filled });
      const oldest = needs.ask[0];
      if (emptyBelow && oldest !== undefined) {
        if (
          await isHistoryStart(
            ports,
            scope,
            { ...window, from: oldest - intervalMs(scope.series.interval) },
            signal,
          )
        )
          break;
      }
    }
    return windows.length > 0 ? survey(ports, scope) : needs;
  }

  /** Overdue re-reads get a request of their own now and then; a final that history lost must not be asked for in a loop. */
  function withOverdue(needs: Needs, scope: RepairScope): readonly EpochMs[] {
    if (needs.overdue.length === 0) return needs.ask;
    const now = ports.exchangeClock.now();
    const key = `${scope.series.symbol} ${scope.priority}`;
    if (now - (lastOverdueAsk.get(key) ?? 0) < REREAD_PATIENCE_MS) return needs.ask;
    lastOverdueAsk.set(key, now);
    return [...needs.ask, ...needs.overdue].sort((a, b) => a - b);
  }

  return { survey: (scope) => survey(ports, scope), pass };
}

async function survey(ports: RepairPorts, scope: RepairScope): Promise<Needs> {
  const { series } = scope;
  const now = ports.exchangeClock.now();
  const lengthMs = intervalMs(series.interval);
  const record = await recordOf(ports, series);
  const from = Math.max(scope.from, record?.launchTime ?? scope.from);
  const to = Math.min(scope.to, Math.floor(now / lengthMs) * lengthMs);
  const settled = await settledDays(ports, series, from, to);
  let needs = NO_NEEDS;
  for (let day = startOfDay(from); day < to; day += DAY_MS) {
    if (settled.has(day)) continue;
    needs = joinNeeds(needs, await surveyDay(ports, { ...scope, from, to }, record, day));
  }
  return needs;
}

async function surveyDay(
  ports: RepairPorts,
  scope: RepairScope,
  record: SeriesRecord | undefined,
  day: EpochMs,
): Promise<Needs> {
  const { series, from, to, fillGaps } = scope;
  const stored = await ports.candles.readDay(series, day);
  const historyStart = record?.historyStart ?? { firstAvailable: null, pending: null };
  const slots = buildDaySlots({
    interval: series.interval,
    day,
    stored,
    launchTime: record?.launchTime ?? null,
    firstAvailable: historyStart.firstAvailable,
    asOf: to,
  });
  return needsOf({ ...stored, slots, historyStart, from, to, fillGaps, now: ports.exchangeClock.now() });
}

/** Whole days that the last derivation found resolved, and whose re-reads are over. */
async function settledDays(
  ports: RepairPorts,
  series: Series,
  from: EpochMs,
  to: EpochMs,
): Promise<ReadonlySet<EpochMs>> {
  const end = Math.min(to, await ports.derivation.readAsOf(), startOfDay(ports.exchangeClock.now()) - DAY_MS);
  const days = await ports.derivation.readCoverage(series, startOfDay(from), startOfDay(end));
  const resolved = days.filter(({ coverage }) => coverage.missing === 0 && coverage.provisional === 0);
  return new Set(resolved.map(({ day }) => day));
}

/** Asks for one window and writes the answer. `emptyBelow`: the answer shows nothing at or before the slots asked for. */
async function askWindow(
  ports: RepairPorts,
  scope: RepairScope,
  window: HistoryWindow & { readonly record: SeriesRecord | undefined },
  signal: AbortSignal,
): Promise<{ filled: number; emptyBelow: boolean }> {
  const answer = await ask(ports, scope, window, signal);
  const { record } = window;
  const stored = await storedWindow(ports, scope.series, window);
  const candles = worthWriting(candlesOf(answer), window.slots, stored);
  const absences = absencesOf(answer, window.slots);
  const disproof = disprovedStart(record, answer);
  if (candles.length > 0 || absences.length > 0 || disproof)
    await ports.candles.merge([{ series: scope.series, candles, absences, ...disproof }]);
  reportRevisions(ports, scope.series, candles, stored);
  return {
    filled: candles.filter((candle) => !stored.has(candle.openTime)).length,
    emptyBelow: isEmptyBelow(answer, window.slots.at(-1) as EpochMs),
  };
}

/** An answer without any row says something of old slots only: for the newest ones it is a hiccup of the exchange. */
function isEmptyBelow({ rows, observed }: HistoryAnswer, newest: EpochMs): boolean {
  const first = rows[0];
  return first ? first.openTime > newest : observed - newest > DAY_MS;
}

/**
 * Looks at all that lies below a window that came out empty: history ends there, or it only has a hole wider than a request. A range
 * wider than a request is answered with its newest rows (dossier §1.1), so one request tells. Notes the answer in the store.
 */
async function isHistoryStart(
  ports: RepairPorts,
  scope: RepairScope,
  below: HistoryWindow,
  signal: AbortSignal,
): Promise<boolean> {
  const { series } = scope;
  const answer = await ask(ports, scope, below, signal);
  const newest = below.slots.at(-1) as EpochMs;
  const first = answer.rows[0];
  if (first && first.openTime <= newest) {
    const absences = absencesOf(answer, below.slots);
    await ports.candles.merge([{ series, candles: candlesOf(answer), absences }]);
    return false;
  }
  const firstAvailable = first?.openTime ?? newest + intervalMs(series.interval);
  await ports.candles.merge([{ series, historyStart: { firstAvailable, read: answer.observed } }]);
  return true;
}

/** A row below the start that history once claimed moves the claim down, so that a later empty answer cannot confirm the wrong one. */
function disprovedStart(record: SeriesRecord | undefined, { rows, observed }: HistoryAnswer) {
  const pending = record?.historyStart.pending;
  const first = rows[0];
  if (!pending || !first || first.openTime >= pending.firstAvailable) return null;
  return { historyStart: { firstAvailable: first.openTime, read: observed } };
}

async function ask(
  ports: RepairPorts,
  scope: RepairScope,
  window: HistoryWindow,
  signal: AbortSignal,
): Promise<HistoryAnswer> {
  const { series, priority } = scope;
  const page = await ports.history.read({ series, from: window.from, to: window.to, priority }, signal);
  return { ...page, intervalMs: intervalMs(series.interval) };
}

async function storedWindow(
  ports: RepairPorts,
  series: Series,
  window: HistoryWindow,
): Promise<ReadonlyMap<EpochMs, Candle>> {
  const stored = new Map<EpochMs, Candle>();
  for (let day = startOfDay(window.from); day < window.to; day += DAY_MS) {
    for (const candle of (await ports.candles.readDay(series, day)).candles)
      stored.set(candle.openTime, candle);
  }
  return stored;
}

function reportRevisions(
  ports: RepairPorts,
  series: Series,
  candles: readonly Candle[],
  stored: ReadonlyMap<EpochMs, Candle>,
): void {
  for (const candle of candles) {
    const before = stored.get(candle.openTime);
    if (candle.status !== 'final' || before?.status !== 'final' || sameValues(before, candle)) continue;
    const fields = {
      symbol: series.symbol,
      openTime: candle.openTime,
      before: before.close,
      after: candle.close,
    };
    const message = `${series.symbol}: the exchange changed a final candle`;
    ports.report({ level: 'warn', kind: 'revised', message, fields });
  }
}

function sameValues(one: Candle, other: Candle): boolean {
  const keys = ['open', 'high', 'low', 'close', 'volume'] as const;
  return keys.every((key) => one[key] === other[key]);
}

async function recordOf(ports: RepairPorts, series: Series): Promise<SeriesRecord | undefined> {
  const { market, symbol, interval } = series;
  const known = await ports.candles.listSeries();
  return known.find((one) => one.market === market && one.symbol === symbol && one.interval === interval);
}

import type { Candle, Series } from '../domain/candle/candle.ts';
import type { HistoryWindow } from '../domain/slots/fetchPlan.ts';
import { absencesOf, candlesOf, type HistoryAnswer, worthWriting } from '../domain/slots/historyAnswer.ts';
import { intervalMs } from '../domain/time/interval.ts';
import { DAY_MS, type EpochMs, startOfDay } from '../domain/time/time.ts';
import type { History, Report, SeriesRecord } from '../ports.ts';
import type { RepairScope, SurveyPorts } from './survey.ts';

export interface AskPorts extends SurveyPorts {
  readonly history: History;
  readonly report: Report;
}

/** Asks for one window and writes the answer. `anchor`: slots asked for below it stayed unseen, for the answer shows nothing there. */
export async function askWindow(
  ports: AskPorts,
  scope: RepairScope,
  window: HistoryWindow & {
    readonly record: SeriesRecord | null;
    readonly unresolved: ReadonlySet<EpochMs>;
  },
  signal: AbortSignal,
): Promise<{ filled: number; anchor: EpochMs | null }> {
  const answer = await ask(ports, scope, window, signal);
  const stored = await storedWindow(ports, scope.series, window);
  const candles = worthWriting(candlesIn(scope, answer, window.slots), window.unresolved, stored);
  const absences = absencesOf(answer, window.slots);
  const disproof = disprovedStart(window.record, answer);
  if (candles.length > 0 || absences.length > 0 || disproof)
    await ports.candles.merge([{ series: scope.series, candles, absences, ...disproof }]);
  reportRevisions(ports, scope.series, candles, stored);
  const filled = candles.filter((candle) => !stored.has(candle.openTime)).length;
  return { filled, anchor: unseenBelow(answer, window, stored) };
}

/** What lies beside the scope was asked for as a neighbour only; and where gaps stay open, so does what nobody asked for. */
function candlesIn(
  { from, to, fillGaps }: RepairScope,
  answer: HistoryAnswer,
  slots: readonly EpochMs[],
): readonly Candle[] {
  const asked = new Set(slots);
  const inScope = candlesOf(answer).filter(({ openTime }) => openTime >= from && openTime < to);
  return fillGaps ? inScope : inScope.filter(({ openTime }) => asked.has(openTime));
}

/** An answer without any row says something of old slots only: for the newest ones it is a hiccup of the exchange. */
function unseenBelow(
  { rows, observed }: HistoryAnswer,
  { slots, to }: HistoryWindow,
  stored: ReadonlyMap<EpochMs, Candle>,
): EpochMs | null {
  const first = rows[0];
  if (!first && observed - to <= DAY_MS) return null;
  const anchor = first?.openTime ?? (slots.at(-1) as EpochMs) + 1;
  const unseen = slots.some((slot) => slot < anchor && stored.get(slot)?.status !== 'final');
  return unseen ? anchor : null;
}

/**
 * Looks at all that lies below an anchor under which an answer showed nothing: history begins there, or it only has a wide hole. A range
 * wider than a request is answered with its newest rows (dossier §1.1), so one request tells. Notes the answer in the store.
 */
export async function isHistoryStart(
  ports: AskPorts,
  scope: RepairScope,
  below: {
    readonly slots: readonly EpochMs[];
    readonly anchor: EpochMs;
    readonly record: SeriesRecord | null;
  },
  signal: AbortSignal,
): Promise<boolean> {
  const { series } = scope;
  const lengthMs = intervalMs(series.interval);
  const { slots, anchor, record } = below;
  const oldest = slots[0] as EpochMs;
  const from = Math.min(oldest, record?.firstSlot ?? oldest) - lengthMs;
  const answer = await ask(ports, scope, { from, to: anchor + lengthMs, slots }, signal);
  const first = answer.rows[0];
  if (first && first.openTime < anchor) {
    await ports.candles.merge([
      { series, candles: candlesIn(scope, answer, slots), absences: absencesOf(answer, slots) },
    ]);
    return false;
  }
  const firstAvailable = Math.ceil((first?.openTime ?? anchor) / lengthMs) * lengthMs;
  await ports.candles.merge([{ series, historyStart: { firstAvailable, read: answer.observed } }]);
  return true;
}

/** A row below the start that history once claimed moves the claim down, so that a later empty answer cannot confirm the wrong one. */
function disprovedStart(record: SeriesRecord | null, { rows, observed }: HistoryAnswer) {
  const pending = record?.historyStart.pending;
  const first = rows[0];
  if (!pending || !first || first.openTime >= pending.firstAvailable) return null;
  return { historyStart: { firstAvailable: first.openTime, read: observed } };
}

async function ask(
  ports: AskPorts,
  scope: RepairScope,
  window: HistoryWindow,
  signal: AbortSignal,
): Promise<HistoryAnswer> {
  const { series, priority } = scope;
  const page = await ports.history.read({ series, from: window.from, to: window.to, priority }, signal);
  return { ...page, intervalMs: intervalMs(series.interval) };
}

async function storedWindow(
  ports: AskPorts,
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
  ports: AskPorts,
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

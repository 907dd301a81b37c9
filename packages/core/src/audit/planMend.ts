import type { Market, Series } from '../domain/candle/candle.ts';
import { minutesOfRequests, type PaceLimits } from '../domain/pace/limits.ts';
import { isDaySettled } from '../domain/slots/coverage.ts';
import { planWindows } from '../domain/slots/fetchPlan.ts';
import type { SlotRange } from '../domain/slots/secondLook.ts';
import { seriesKey } from '../domain/slots/seriesRecord.ts';
import { buildDaySlots, SlotState } from '../domain/slots/slots.ts';
import { intervalMs } from '../domain/time/interval.ts';
import { DAY_MS, type EpochMs, startOfDay } from '../domain/time/time.ts';
import { objectPaths, parseCandlesPath } from '../lake/partitions.ts';
import type { CandleStore, SeriesRecord } from '../ports.ts';
import type { LakeSettings } from '../settings/lakeSettings.ts';
import type { AuditedDay } from './auditDay.ts';
import type { LakeAudit } from './auditLake.ts';
import { countRequests, type Stretch } from './compareHistory.ts';
import { type ReadCandlesPorts, readAll } from './takeCandles.ts';

/** What mends a lake. */
export interface MendPlan {
  /** Days that are marked, so that their objects are written again, ascending. */
  readonly days: readonly EpochMs[];
  /**
   * Days of which the store has changed since their objects were written: they are marked only after history
   * was compared, because the object may be the right one.
   */
  readonly suspectDays: readonly EpochMs[];
  /** Findings and rows of both. */
  readonly findings: number;
  readonly rows: number;
  /** Days that were marked before: they are derived too. */
  readonly pendingDays: number;
  /** Stray objects of candles that are whole: the store takes their candles. */
  readonly take: readonly string[];
  /** Strays that are moved out of the lake. */
  readonly moveAside: readonly string[];
  /** Missing and provisional slots that history is asked for, of each series that has any. */
  readonly fills: readonly { readonly series: Series; readonly slots: number; readonly requests: number }[];
  /** Stretches whose candles are compared with history and replaced where it shows others. */
  readonly compare: readonly Stretch[];
  readonly requests: number;
  /** How long the requests take at the pace of the exchange. */
  readonly minutes: number;
}

export interface PlanMendPorts extends ReadCandlesPorts {
  readonly candles: Pick<CandleStore, 'listSeries' | 'readDay'>;
}

export interface PlanMendOptions {
  readonly audit: LakeAudit;
  readonly market: Market;
  /** Of that market. */
  readonly symbols: readonly string[];
  /** Also compared with history, beyond the days of which the store has changed. */
  readonly compares: SlotRange | null;
  readonly limits: PaceLimits;
}

/** Plans what mends the findings of an audit. Reads strays and days with unsettled slots; writes nothing. */
export async function planMend(
  ports: PlanMendPorts,
  options: PlanMendOptions,
  signal: AbortSignal,
): Promise<MendPlan> {
  const { audit, compares, limits } = options;
  const { asOf } = audit;
  const damaged = audit.days.filter((day) => day.findings.length + day.staleFacts.length > 0);
  const suspect = damaged.filter(isStoreChanged);
  const records = (await ports.candles.listSeries()).filter((one) => isWanted(one, options));
  const fills = await Promise.all(records.map((record) => planFill(ports, record, audit)));
  const asked = fills.filter(({ slots }) => slots > 0);
  const ranges = [...(compares ? [compares] : []), ...suspect.map(rangeOf)];
  const compare = records.flatMap((record) => stretchesOf(record, ranges, asOf));
  const requests = [...asked.map((fill) => fill.requests), ...compare.map(countRequests)].reduce(add, 0);
  return {
    days: damaged.filter((day) => !suspect.includes(day)).map(({ day }) => day),
    suspectDays: suspect.map(({ day }) => day),
    findings: damaged.map((day) => day.findings.length + day.staleFacts.length).reduce(add, 0),
    rows: damaged.map(({ rows }) => rows).reduce(add, 0),
    pendingDays: audit.days.filter(({ isPending }) => isPending).length,
    ...(await sortStrays(ports, audit, signal)),
    fills: asked,
    compare,
    requests,
    minutes: minutesOfRequests(requests, limits),
  };
}

/** Whether a plan has nothing to do. */
export function isNothing(plan: MendPlan): boolean {
  const { days, suspectDays, pendingDays, take, moveAside, requests } = plan;
  return days.length + suspectDays.length + pendingDays + take.length + moveAside.length + requests === 0;
}

function add(sum: number, part: number): number {
  return sum + part;
}

function isWanted(record: SeriesRecord, { audit, market, symbols }: PlanMendOptions): boolean {
  const isAsked = record.market === market && symbols.includes(record.symbol);
  return isAsked && record.interval === audit.settings?.interval && record.firstSlot !== null;
}

function isStoreChanged({ findings }: AuditedDay): boolean {
  return findings.some(({ kind }) => kind === 'store');
}

function rangeOf({ day }: AuditedDay): SlotRange {
  return { from: day, to: day + DAY_MS };
}

/** The part of each range in which the series has candles. */
function stretchesOf(
  { market, symbol, interval, firstSlot }: SeriesRecord,
  ranges: readonly SlotRange[],
  asOf: EpochMs,
): readonly Stretch[] {
  const series = { market, symbol, interval };
  const first = startOfDay(firstSlot!);
  return ranges
    .map(({ from, to }) => ({ series, from: Math.max(from, first), to: Math.min(to, asOf) }))
    .filter(({ from, to }) => from < to);
}

async function planFill({ candles }: PlanMendPorts, record: SeriesRecord, { days, asOf }: LakeAudit) {
  const { market, symbol, interval, launchTime, historyStart } = record;
  const series = { market, symbol, interval };
  const slots: EpochMs[] = [];
  for (const { day, coverage } of days) {
    const counted = coverage.find((one) => seriesKey(one.series) === seriesKey(series))?.coverage;
    if (!counted || isDaySettled(counted)) continue;
    const stored = await candles.readDay(series, day);
    const bounds = { launchTime, firstAvailable: historyStart.firstAvailable };
    const { state, intervalMs: lengthMs } = buildDaySlots({ interval, day, stored, asOf, ...bounds });
    for (const [index, one] of state.entries()) {
      if (one === SlotState.missing || one === SlotState.provisional) slots.push(day + index * lengthMs);
    }
  }
  const windows = planWindows(slots, { intervalMs: intervalMs(interval), firstSlot: null });
  return { series, slots: slots.length, requests: windows.length };
}

/** Objects of days that the store does not know may be all that is left of them, so whole ones are taken. */
async function sortStrays(
  ports: ReadCandlesPorts,
  { settings, strays, asOf }: LakeAudit,
  signal: AbortSignal,
): Promise<Pick<MendPlan, 'take' | 'moveAside'>> {
  const paths = strays.map(({ path }) => path);
  if (settings === null) return { take: [], moveAside: paths };
  const ofCandles = paths.filter((path) => {
    const place = parseCandlesPath(path);
    return place !== null && place.interval === settings.interval && place.day < asOf;
  });
  const take: string[] = [];
  for await (const { path, content } of readAll(ports, ofCandles, signal)) if (content) take.push(path);
  const first = Math.min(...take.map((path) => parseCandlesPath(path)!.day));
  const isKept = (path: string) => take.includes(path) || isReplaced(path, { first, asOf, settings });
  return { take, moveAside: paths.filter((path) => !isKept(path)) };
}

interface NewDays {
  readonly first: EpochMs;
  readonly asOf: EpochMs;
  readonly settings: LakeSettings;
}

/**
 * Whether a stray holds bars or coverage of a day that the store knows once it has taken candles: the
 * derivation replaces it.
 */
function isReplaced(path: string, { first, asOf, settings }: NewDays): boolean {
  if (parseCandlesPath(path) !== null) return false;
  const day = Date.parse(/\/date=(\d{4}-\d{2}-\d{2})\//.exec(path)?.[1] ?? '');
  return first <= day && day < asOf && objectPaths(settings, day).includes(path);
}

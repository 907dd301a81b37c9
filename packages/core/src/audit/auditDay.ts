import { type ComputePorts, computeDay, type DayRows } from '../derive/computeDay.ts';
import type { Series } from '../domain/candle/candle.ts';
import { canonicalJson } from '../domain/canonicalJson.ts';
import type { Coverage } from '../domain/slots/coverage.ts';
import { gatherEvidence } from '../domain/slots/slotChange.ts';
import { isShownEmpty, type SlotEvidence } from '../domain/slots/slots.ts';
import { DAY_MS, type EpochMs } from '../domain/time/time.ts';
import { formatTimeframe } from '../domain/time/timeframe.ts';
import { pathsOf } from '../lake/objects.ts';
import type { DerivationStore, LakeObject } from '../ports.ts';
import type { LakeSettings } from '../settings/lakeSettings.ts';
import { type CheckObjectPorts, checkObject, type ObjectFinding } from './checkObject.ts';

export interface AuditDayPorts extends ComputePorts, CheckObjectPorts {
  readonly derivation: Pick<
    DerivationStore,
    'readAsOf' | 'readCheckpoint' | 'readMark' | 'readObjects' | 'readCoverage'
  >;
}

/** What is known of the slots of one series and day. */
export interface AuditedCoverage {
  readonly series: Series;
  readonly coverage: Coverage;
  /** Those of the missing slots of which history holds rows that cannot be read. */
  readonly unreadable: number;
}

/** What an audit found out about one day. */
export interface AuditedDay {
  readonly day: EpochMs;
  /** The day is marked, so its objects are derived again: only faults that a derivation never makes count. */
  readonly isPending: boolean;
  /** What is known of each series, as the store has it now. */
  readonly coverage: readonly AuditedCoverage[];
  /** The objects that are there. */
  readonly objects: number;
  /** The rows that the store gives, in all objects. */
  readonly rows: number;
  readonly findings: readonly ObjectFinding[];
  /** Derived facts in the store that its candles do not give, one line each. */
  readonly staleFacts: readonly string[];
}

/** A running program may change the day again and again; after so many changes it is pending. */
const MAX_ATTEMPTS = 5;

/**
 * Derives one day again from the store, without writing, and compares it with the objects of the lake and
 * with the store's own records. A difference counts only if store and mark did not change meanwhile.
 */
export async function auditDay(
  ports: AuditDayPorts,
  settings: LakeSettings,
  { day, signal }: { readonly day: EpochMs; readonly signal: AbortSignal },
): Promise<AuditedDay> {
  for (let attempt = 1; ; attempt++) {
    const before = await readState(ports, day);
    const rows = await computeDay(ports, settings, { day, signal });
    const audited = await compareDay(ports, settings, { day, state: before, rows });
    if (audited.findings.length === 0 && audited.staleFacts.length === 0) return audited;
    if (canonicalJson(await readState(ports, day)) === canonicalJson(before)) return audited;
    if (attempt === MAX_ATTEMPTS) return { ...audited, isPending: true, findings: [], staleFacts: [] };
  }
}

/** What changes whenever a day is marked or derived, or the watermark moves. */
interface DayState {
  readonly asOf: EpochMs;
  /** Null for an unmarked day. */
  readonly generation: number | null;
  /** Null when the objects are not recorded. */
  readonly objects: readonly LakeObject[] | null;
}

async function readState({ derivation }: AuditDayPorts, day: EpochMs): Promise<DayState> {
  const mark = await derivation.readMark(day);
  const [recorded] = await derivation.readObjects(day, day + DAY_MS);
  const asOf = await derivation.readAsOf();
  return { asOf, generation: mark?.generation ?? null, objects: recorded?.objects ?? null };
}

interface ComputedDay {
  readonly day: EpochMs;
  readonly state: DayState;
  readonly rows: DayRows;
}

async function compareDay(
  ports: AuditDayPorts,
  settings: LakeSettings,
  { day, state, rows }: ComputedDay,
): Promise<AuditedDay> {
  const isPending = state.generation !== null;
  const versions = new Map(state.objects?.map(({ path, version }) => [path, version]));
  const findings: ObjectFinding[] = [];
  let objects = 0;
  for (const path of pathsOf({ day, objects: state.objects }, settings)) {
    const expected = { table: rows.tables.get(path) ?? null, version: versions.get(path) ?? null };
    const { isThere, finding } = await checkObject(ports, { path, ...expected, isPending });
    if (isThere) objects += 1;
    if (finding) findings.push(finding);
  }
  const staleFacts = isPending ? [] : await findStaleFacts(ports.derivation, day, rows);
  const rowCount = [...rows.tables.values()].reduce((sum, table) => sum + (table?.length ?? 0), 0);
  const coverage = await explainMissing(ports.candles, rows.coverage);
  return { day, isPending, coverage, objects, rows: rowCount, findings, staleFacts };
}

/** Adds how many of the missing slots are known to be unreadable. */
async function explainMissing(
  candles: AuditDayPorts['candles'],
  ofDay: DayRows['coverage'],
): Promise<readonly AuditedCoverage[]> {
  const explained: AuditedCoverage[] = [];
  for (const { series, day, coverage } of ofDay) {
    const stored = coverage.missing > 0 ? gatherEvidence([await candles.readDay(series, day)]) : new Map();
    const unreadable = [...stored.values()].filter((slot) => slot.unreadable && isMissing(slot)).length;
    explained.push({ series, coverage, unreadable });
  }
  return explained;
}

function isMissing(slot: SlotEvidence): boolean {
  return slot.candle === null && !isShownEmpty(slot);
}

/** Checkpoints and coverage of an unmarked day that are stored, and are not what its candles give. */
async function findStaleFacts(
  derivation: AuditDayPorts['derivation'],
  day: EpochMs,
  { checkpoints, coverage }: DayRows,
): Promise<readonly string[]> {
  const stale: string[] = [];
  for (const { series, timeframeMinutes, state } of checkpoints) {
    const stored = await derivation.readCheckpoint(series, timeframeMinutes, day);
    if (stored === null || canonicalJson(stored) === canonicalJson(state)) continue;
    stale.push(
      `the checkpoint of ${series.symbol} ${formatTimeframe(timeframeMinutes)} is not what its candles give`,
    );
  }
  for (const { series, coverage: counted } of coverage) {
    const [stored] = await derivation.readCoverage(series, day, day + DAY_MS);
    if (!stored || canonicalJson(stored.coverage) === canonicalJson(counted)) continue;
    stale.push(`the coverage of ${series.symbol} is not what its candles give`);
  }
  return stale;
}

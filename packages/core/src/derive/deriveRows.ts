import type { EpochMs } from '../domain/time/time.ts';
import { joinRows } from '../lake/join.ts';
import { barsPath, candlesPath, coveragePath } from '../lake/partitions.ts';
import type {
  CandleStore,
  CheckpointRecord,
  DayCommit,
  DerivationStore,
  DerivedBars,
  LakeTable,
} from '../ports.ts';
import type { LakeSettings } from '../settings/lakeSettings.ts';
import { deriveSeries, isInLake } from './deriveSeries.ts';

/** Where the rows of a day come from. */
export interface DeriveRowsPorts {
  readonly candles: CandleStore;
  readonly derivation: DerivationStore;
  /** Lets the host's other work run; called between two series. */
  readonly rest: () => Promise<void>;
}

/** Everything that follows from the store for one day. */
export interface DayRows {
  /** Each object's table by its path; null where no row belongs to it. */
  readonly tables: ReadonlyMap<string, LakeTable | null>;
  readonly checkpoints: readonly CheckpointRecord[];
  readonly coverage: DayCommit['coverage'];
  readonly bars: readonly DerivedBars[];
}

/** The paths of all objects that a day has under these settings. */
export function objectPaths({ interval, timeframes }: LakeSettings, day: EpochMs): readonly string[] {
  return [
    candlesPath(interval, day),
    ...timeframes.map((minutes) => barsPath(minutes, day)),
    coveragePath(interval, day),
  ];
}

/** Derives the rows of one day from the store, one series after the other, and writes nothing. */
export async function deriveRows(
  ports: DeriveRowsPorts,
  settings: LakeSettings,
  day: EpochMs,
  signal: AbortSignal,
): Promise<DayRows> {
  const context = { settings, day, asOf: await ports.derivation.readAsOf() };
  const parts = new Map<string, LakeTable[]>(objectPaths(settings, day).map((path) => [path, []]));
  const checkpoints: CheckpointRecord[] = [];
  const coverage: DayCommit['coverage'][number][] = [];
  const bars: DerivedBars[] = [];
  for (const record of await ports.candles.listSeries()) {
    if (!isInLake(record, context)) continue;
    const derived = await deriveSeries(ports, record, context);
    for (const [path, rows] of derived.rows) if (rows.length > 0) parts.get(path)!.push(rows);
    checkpoints.push(...derived.checkpoints);
    coverage.push(derived.coverage);
    bars.push(...derived.bars);
    await ports.rest();
    signal.throwIfAborted();
  }
  return { tables: new Map([...parts].map(joined)), checkpoints, coverage, bars };
}

function joined([path, parts]: [string, readonly LakeTable[]]): [string, LakeTable | null] {
  const [first, ...others] = parts;
  return [path, first ? joinRows([first, ...others]) : null];
}

import type { EpochMs } from '../domain/time/time.ts';
import { joinRows } from '../lake/join.ts';
import { objectPaths } from '../lake/partitions.ts';
import type {
  CandleStore,
  CheckpointRecord,
  DayCommit,
  DerivationStore,
  DerivedBars,
  FoundCrossover,
  LakeTable,
  YieldToHost,
} from '../ports.ts';
import type { LakeSettings } from '../settings/lakeSettings.ts';
import { computeSeries, isInLake } from './computeSeries.ts';

/** Where the rows of a day come from. */
export interface ComputePorts {
  readonly candles: Pick<CandleStore, 'listSeries' | 'readDay' | 'revisions'>;
  readonly derivation: Pick<DerivationStore, 'readAsOf' | 'readCheckpoint'>;
  /** Lets other work of the host run; called between two series. */
  readonly yieldToHost: YieldToHost;
}

/** Everything that follows from the store for one day. */
export interface DayRows {
  /** The table of each object by path; null where the object has no rows. */
  readonly tables: ReadonlyMap<string, LakeTable | null>;
  readonly checkpoints: readonly CheckpointRecord[];
  readonly coverage: DayCommit['coverage'];
  readonly bars: readonly DerivedBars[];
  readonly crossovers: readonly FoundCrossover[];
}

/** Computes the rows of one day from the store, one series after the other. Writes nothing. */
export async function computeDay(
  ports: ComputePorts,
  settings: LakeSettings,
  { day, signal }: { readonly day: EpochMs; readonly signal: AbortSignal },
): Promise<DayRows> {
  const context = { settings, day, asOf: await ports.derivation.readAsOf() };
  const parts = new Map<string, LakeTable[]>(objectPaths(settings, day).map((path) => [path, []]));
  const checkpoints: CheckpointRecord[] = [];
  const coverage: DayCommit['coverage'][number][] = [];
  const bars: DerivedBars[] = [];
  const crossovers: FoundCrossover[] = [];
  for (const record of await ports.candles.listSeries()) {
    if (!isInLake(record, context)) continue;
    const computed = await computeSeries(ports, record, context);
    for (const [path, rows] of computed.rows) if (rows.length > 0) parts.get(path)!.push(rows);
    checkpoints.push(...computed.checkpoints);
    coverage.push(computed.coverage);
    bars.push(...computed.bars);
    crossovers.push(...computed.crossovers);
    await ports.yieldToHost();
    signal.throwIfAborted();
  }
  return { tables: new Map([...parts].map(joined)), checkpoints, coverage, bars, crossovers };
}

function joined([path, parts]: [string, readonly LakeTable[]]): [string, LakeTable | null] {
  const [first, ...others] = parts;
  return [path, first ? joinRows([first, ...others]) : null];
}

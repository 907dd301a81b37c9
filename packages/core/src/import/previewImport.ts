import { importedCandle } from '../domain/slots/importPlan.ts';
import { planMerge } from '../domain/slots/mergePlan.ts';
import { gatherEvidence } from '../domain/slots/slotChange.ts';
import { startOfDay } from '../domain/time/time.ts';
import type { CandleStore, ImportStage, StagedRow, YieldToHost } from '../ports.ts';
import { type Imported, type ImportOptions, stageRows } from './importCandles.ts';

export interface PreviewPorts {
  readonly stage: ImportStage;
  /** Null where there is no store yet. */
  readonly candles: Pick<CandleStore, 'findSeries' | 'readDay'> | null;
  readonly yieldToHost: YieldToHost;
}

/** What an import would do. */
export interface ImportPreview extends Omit<Imported, 'changed'> {
  /** The first rows as they are understood, by their time. */
  readonly firstRows: readonly StagedRow[];
  /** Slots that have no candle yet. */
  readonly added: number;
  /** Slots whose candle would be replaced by another one. */
  readonly replaced: number;
}

const SHOWN_ROWS = 3;

/** Reads and checks a file as an import does, and counts what it would change. Writes nothing. */
export async function previewImport(
  { stage, candles, yieldToHost }: PreviewPorts,
  options: ImportOptions,
  signal: AbortSignal,
): Promise<ImportPreview> {
  const { series, now } = options;
  const span = await stageRows({ stage, yieldToHost }, options, signal);
  let record = (await candles?.findSeries(series)) ?? null;
  let added = 0;
  let replaced = 0;
  for (const rows of stage.days()) {
    const facts = [{ series, candles: rows.map((row) => importedCandle(row, now)) }];
    const day = startOfDay(rows[0]!.openTime);
    const known = candles && gatherEvidence([await candles.readDay(series, day)]);
    const plan = planMerge({ facts, record, stored: () => known ?? undefined, asOf: 0 });
    record = plan.record ?? record;
    for (const { visible, before } of plan.slots) {
      if (before.candle === null) added += 1;
      else if (visible) replaced += 1;
    }
    signal.throwIfAborted();
  }
  const [firstDay = []] = stage.days();
  return { ...span, firstRows: firstDay.slice(0, SHOWN_ROWS), added, replaced };
}

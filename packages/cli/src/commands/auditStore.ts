import {
  type AuditPorts,
  auditLake,
  type CompareHistoryPorts,
  compareHistory,
  type HistoryComparison,
  type LakeAudit,
  type ReportedEvent,
  type Settings,
} from '@candlelake/core';
import { connectHistory, createClock } from '@candlelake/node';
import { StoreDamagedError } from '../adapters/sqliteErrors.ts';
import type { SqliteReader } from '../adapters/sqliteStore.ts';
import type { SettingsReader } from '../flags.ts';
import { auditJson } from '../output/auditJson.ts';
import { auditLines } from '../output/auditReport.ts';
import { type AuditReport, verdictOf } from '../output/auditRows.ts';
import { createProgressDisplay } from '../output/progress.ts';
import { createAuditPorts, openStore } from '../wire.ts';
import type { CommandContext } from './commandContext.ts';
import { comparedRange, openCheckedStore, rangeOf, readStoreSettings } from './readStore.ts';

/** Only a signal from the user ends an audit early, and it leaves nothing to close. */
const { signal } = new AbortController();

/** Prints what an audit finds. Resolves with false when something is damaged, or less than required. */
export async function auditStore(readSettings: SettingsReader, { lines }: CommandContext): Promise<boolean> {
  const asked = readSettings(null);
  // Without a terminal the output is the table alone.
  const drawsBar = lines.isTerminal && !asked.json;
  const progress = createProgressDisplay({ lines, drawsBar, writeLine: () => {}, now: Date.now });
  try {
    const { report, settings } = await runAudit(asked, readSettings, {
      report(event) {
        if (!asked.json && event.level !== 'debug') lines.write(event.message);
      },
      onDay: (done, total) => progress.update('audit', done, total),
    });
    progress.stop();
    if (settings.json) lines.write(JSON.stringify(auditJson(report, settings.all)));
    else for (const line of auditLines(report, settings.all)) lines.write(line);
    const verdict = verdictOf(report);
    return verdict === 'whole' || (verdict === 'incomplete' && !settings.requireComplete);
  } catch (error) {
    if (asked.json && error instanceof StoreDamagedError)
      lines.write(JSON.stringify({ output: asked.output, verdict: 'damaged', store: error.message }));
    throw error;
  } finally {
    progress.stop();
  }
}

interface AuditOutput {
  readonly report: (event: ReportedEvent) => void;
  readonly onDay: NonNullable<AuditPorts['onDay']>;
}

async function runAudit(
  { output }: Settings,
  readSettings: SettingsReader,
  { report, onDay }: AuditOutput,
): Promise<{ readonly report: AuditReport; readonly settings: Settings }> {
  const store = await openCheckedStore(output);
  try {
    const settings = await readStoreSettings(store, readSettings);
    const { market, symbols } = settings;
    const ports = { ...(await createAuditPorts(output, store)), onDay };
    const audit = await auditLake(ports, rangeOf(settings), signal);
    const comparisons = settings.againstExchange
      ? await compareWindow(settings, { audit, store, report })
      : null;
    return { report: { output, audit, market, symbols, comparisons }, settings };
  } finally {
    store.close();
  }
}

interface Comparing {
  readonly audit: LakeAudit;
  readonly store: SqliteReader;
  readonly report: (event: ReportedEvent) => void;
}

/** Compares the window with history, within the request budget that all processes on the store share. */
async function compareWindow(
  settings: Settings,
  { audit, store, report }: Comparing,
): Promise<readonly HistoryComparison[]> {
  const { market, symbols, interval } = settings;
  const clock = createClock(settings.clock);
  const pace = openStore({ ...settings, clock });
  try {
    const { history } = connectHistory({ settings, clock, pace, report });
    const ports: CompareHistoryPorts = { clock, random: Math.random, history, candles: store };
    const range = comparedRange(settings, audit.asOf);
    const comparisons: HistoryComparison[] = [];
    for (const symbol of symbols) {
      const stretch = { series: { market, symbol, interval }, ...range };
      comparisons.push(await compareHistory(ports, stretch, signal));
    }
    return comparisons;
  } finally {
    pace.close();
  }
}

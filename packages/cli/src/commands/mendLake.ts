import {
  auditLake,
  type BackfillPorts,
  compareHistory,
  type EpochMs,
  earliestSlot,
  type HistoryDifference,
  isDamaged,
  type LakeAudit,
  type MendPlan,
  retry,
  runBackfill,
  type SlotRange,
  startOfDay,
  takeCandles,
} from '@candlelake/core';
import { createFileObjects } from '../adapters/fileObjects.ts';
import { countOf } from '../output/formatNumber.ts';
import { createAuditPorts, createPipelinePorts, lakeRoot, startLake } from '../wire.ts';
import { resultUnlessStopped, threadFailure } from './stopHandling.ts';
import type { StoreSession } from './withStore.ts';

export interface Mending {
  readonly plan: MendPlan;
  /** What the plan is about. */
  readonly range: SlotRange;
  /** Where strays go. */
  readonly aside: string;
}

/** Failures of the exchange in a row after which the repair gives up. */
const TRIES = 6;

/**
 * Carries out a plan: files and marks first, then the exchange, and derives the lake. Every step can be
 * repeated after a stop. Resolves with whether an audit finds nothing more to mend.
 */
export async function mendLake(session: StoreSession, mending: Mending): Promise<boolean> {
  const { settings, store, stop, display } = session;
  const { report } = display;
  if (settings.forMs !== null) stop.after(settings.forMs);
  const audit = {
    ...(await createAuditPorts(settings.output, store)),
    onDay: (done: number, total: number) => display.progress('audit', done, total),
  };
  await createFileObjects(lakeRoot(settings.output)).moveAside(mending.plan.moveAside, mending.aside);
  const { candles } = await takeCandles(
    { ...audit, candles: store, derivation: store },
    mending.plan.take,
    stop.signal,
  );
  if (candles > 0)
    report({ level: 'info', kind: 'taken', message: `${countOf(candles, 'candle')} taken from the lake` });
  await store.markDays(new Set(mending.plan.days));
  const lake = startLake({
    ...{ settings, report, onStatus: display.onLake, onBars: () => {} },
    barsFrom: Number.POSITIVE_INFINITY,
  });
  try {
    const ports = createPipelinePorts({ ...session, report, lake });
    const work = askHistory(session, mending, ports);
    const isDone = await resultUnlessStopped(Promise.race([work, threadFailure(lake)]), stop.signal, report);
    if (!isDone) return false;
    const rest = await auditLake(audit, mending.range, stop.signal);
    return reportRest(session, rest);
  } finally {
    await lake.stop();
  }
}

/** Compares and fills what the plan says, and derives the lake. */
async function askHistory(
  session: StoreSession,
  { plan, range }: Mending,
  ports: BackfillPorts,
): Promise<true> {
  const { stop } = session;
  const derive = () => ports.lake.flush(stop.flushLimit());
  // First, so that the objects are right even if the exchange does not answer.
  await derive();
  await compare(session, plan, ports);
  await session.store.markDays(new Set(plan.suspectDays));
  const symbols = await listedSymbols(session, plan, ports);
  if (symbols.length > 0) {
    const asOf = await ports.derivation.readAsOf();
    const from = Math.max(range.from, await firstDay(session));
    const options = { symbols, interval: session.settings.interval, from, to: Math.min(range.to, asOf) };
    await runBackfill(ports, options, stop.signal);
    session.display.endHistory();
  }
  await derive();
  return true;
}

/** Compares stretches with history, and stores its candles where they differ. */
async function compare(
  { store, stop, display: { report } }: StoreSession,
  { compare: stretches }: MendPlan,
  ports: BackfillPorts,
): Promise<void> {
  for (const stretch of stretches) {
    const { series, compared, differences, refused } = await compareHistory(ports, stretch, stop.signal);
    const candles = differences.map(({ found }: HistoryDifference) => found);
    if (candles.length > 0) await store.merge([{ series, candles, now: ports.exchangeClock.now() }]);
    const result = refused ?? `${countOf(compared, 'candle')} compared, ${candles.length} replaced`;
    const message = `${series.symbol}: ${result}`;
    report({ level: refused === null ? 'info' : 'error', kind: 'compared', message });
  }
}

/** The symbols to fill that the exchange lists; of the others history cannot be asked. */
async function listedSymbols(
  { stop, display: { report } }: StoreSession,
  { fills }: MendPlan,
  { history, clock, random }: BackfillPorts,
): Promise<readonly string[]> {
  if (fills.length === 0) return [];
  const contracts = await retry(
    () => history.contracts(stop.signal),
    { clock, random, tries: TRIES },
    stop.signal,
  );
  const listed = new Set(contracts.map(({ symbol }) => symbol));
  for (const { series, slots } of fills) {
    if (listed.has(series.symbol)) continue;
    const message = `${series.symbol}: the exchange does not list it; ${countOf(slots, 'slot')} cannot be asked for`;
    report({ level: 'error', kind: 'unlisted', message });
  }
  return fills.map(({ series }) => series.symbol).filter((symbol) => listed.has(symbol));
}

/** Coverage begins with the day of a series' first slot. */
async function firstDay({ store }: StoreSession): Promise<EpochMs> {
  return startOfDay(earliestSlot(await store.listSeries()) ?? 0);
}

/** Says what is left after the mending; whether that is nothing. */
function reportRest({ settings, display: { report } }: StoreSession, audit: LakeAudit): boolean {
  const wanted = new Set(settings.symbols);
  const counts = audit.days.flatMap(({ coverage }) =>
    coverage
      .filter(({ series }) => series.market === settings.market && wanted.has(series.symbol))
      .map(({ coverage: of }) => of),
  );
  const missing = counts.reduce((sum, of) => sum + of.missing, 0);
  const provisional = counts.reduce((sum, of) => sum + of.provisional, 0);
  const isDone = !isDamaged(audit) && missing + provisional === 0;
  const left = `${countOf(missing, 'slot')} missing, ${provisional} provisional`;
  const message = isDamaged(audit)
    ? 'still damaged: "candlelake audit" says what'
    : isDone
      ? 'mended'
      : `mended as far as possible: ${left}`;
  report({ level: isDone ? 'info' : 'error', kind: 'repaired', message, fields: { missing, provisional } });
  return isDone;
}

import {
  auditLake,
  type HeldSeries,
  isNothing,
  type MendPlan,
  paceOf,
  planMend,
  type SlotRange,
} from '@candlelake/core';
import { createClock } from '@candlelake/node';
import type { SettingsReader } from '../flags.ts';
import { createDisplay } from '../output/display.ts';
import { planEvents } from '../output/planLines.ts';
import { createAuditPorts } from '../wire.ts';
import type { CommandContext } from './commandContext.ts';
import { mendLake } from './mendLake.ts';
import { comparedRange, openCheckedStore, rangeOf, readStoreSettings } from './readStore.ts';
import { rebuildStore } from './rebuildStore.ts';
import { asideFolder, beginRepair, type RepairRun } from './repairRun.ts';
import { withStore } from './withStore.ts';

/** Only a signal from the user ends the planning early, and it leaves nothing to close. */
const { signal } = new AbortController();

/**
 * Prints what mends the lake, and does it unless only the plan is wanted. Resolves with whether nothing is
 * left to mend; true after a plan.
 */
export async function repairStore(readSettings: SettingsReader, context: CommandContext): Promise<boolean> {
  const asked = readSettings(null);
  const clock = createClock(asked.clock);
  const run = beginRepair(asked, readSettings, clock);
  if (asked.rebuildStore) await rebuildStore(run, context);
  if (asked.rebuildStore && asked.dryRun) return true;
  const { plan, ...held } = await planRepair(run, context);
  if (asked.dryRun || isNothing(plan)) return true;
  const readAll: SettingsReader = (recorded) => readSettings(recorded, held);
  return withStore({ command: 'repair', context, readSettings: readAll, asked, clock }, (session) =>
    mendLake(session, { plan, range: rangeOf(asked), aside: asideFolder(run) }),
  );
}

/** Audits the lake, plans and prints the plan. Writes nothing. */
async function planRepair(
  run: RepairRun,
  { lines }: CommandContext,
): Promise<{ readonly plan: MendPlan } & Required<HeldSeries>> {
  const { output, rebuildStore: isRebuilt } = run.asked;
  const store = await openCheckedStore(output);
  const settings = await readStoreSettings(store, run.readSettings);
  const display = createDisplay({
    ...{ lines, clock: run.clock, settings },
    startedAt: Number.POSITIVE_INFINITY,
  });
  try {
    const { market, symbols, requestsPerSecond, againstExchange } = settings;
    const onDay = (done: number, total: number) => display.progress('audit', done, total);
    const ports = { ...(await createAuditPorts(output, store)), onDay };
    const range = rangeOf(settings);
    const audit = await auditLake(ports, range, signal);
    const { limits } = paceOf(requestsPerSecond);
    const asked: SlotRange | null = againstExchange ? comparedRange(settings, audit.asOf) : null;
    const options = { audit, market, symbols, compares: isRebuilt ? range : asked, limits };
    const plan = await planMend(ports, options, signal);
    for (const event of planEvents(plan, asideFolder(run))) display.report(event);
    return { plan, market, symbols };
  } finally {
    display.close();
    store.close();
  }
}

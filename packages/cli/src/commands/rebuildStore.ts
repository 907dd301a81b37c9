import {
  auditLake,
  type Clock,
  ConfigError,
  DAY_MS,
  type EpochMs,
  floorToInterval,
  inferLakeSettings,
  type LakeSettings,
  lakeSettingsOf,
  paceOf,
  parseCandlesPath,
  planRebuild,
  type RebuildPlan,
  takeCandles,
} from '@candlelake/core';
import { yieldToHost } from '@candlelake/node';
import { createFileObjects } from '../adapters/fileObjects.ts';
import { decodeParquet } from '../adapters/parquetFile.ts';
import { listProcesses } from '../adapters/runningProcesses.ts';
import { StoreDamagedError } from '../adapters/sqliteErrors.ts';
import { openSqliteStore } from '../adapters/sqliteStore.ts';
import { removeStore, renameStore } from '../adapters/storeFile.ts';
import { createDisplay } from '../output/display.ts';
import { rebuildEvents } from '../output/planLines.ts';
import { createAuditPorts, lakeRoot, storePath } from '../wire.ts';
import type { CommandContext } from './commandContext.ts';
import { openCheckedStore } from './readStore.ts';
import { asideFolder, type RepairRun } from './repairRun.ts';

/** Only a signal from the user ends a rebuild early: the new store has another name until it is whole. */
const { signal } = new AbortController();

const EVERYTHING = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };

/**
 * Makes a new store from the candles of the lake, in place of a damaged or missing one, unless only the plan
 * is wanted. The damaged file is kept under another name. Throws ConfigError when the store is intact, or
 * when a running process keeps it.
 */
export async function rebuildStore(run: RepairRun, { lines }: CommandContext): Promise<void> {
  const { output, dryRun } = run.asked;
  if (!dryRun) refuseBesideOthers(output);
  const damage = await findDamage(output);
  const lake = openLake(output);
  const paths = (await lake.objects.list()).map(({ path }) => path);
  const settings = readLakeSettings(run, await inferLakeSettings(lake, paths));
  const ofCandles = paths.filter((path) => parseCandlesPath(path) !== null);
  const { limits } = paceOf(settings.requestsPerSecond);
  const plan = await planRebuild(lake, { paths: ofCandles, limits }, signal);
  const display = createDisplay({
    ...{ lines, clock: run.clock, settings },
    startedAt: Number.POSITIVE_INFINITY,
  });
  for (const event of rebuildEvents(plan, { damage, damaged: damagedPath(run), aside: asideFolder(run) }))
    display.report(event);
  display.close();
  if (plan.take.length === 0)
    throw new ConfigError(`--rebuild-store: no object of candles can be read in "${lakeRoot(output)}"`);
  if (!dryRun) await replaceStore(run, plan, lakeSettingsOf(settings));
}

/** A process that has the damaged file open would go on writing to it under its new name. */
function refuseBesideOthers(output: string): void {
  const running = listProcesses(output) ?? [];
  if (running.length === 0) return;
  const names = running.map(({ command, pid }) => `"candlelake ${command}" (process ${pid})`).join(', ');
  throw new ConfigError(`--rebuild-store: ${names} keeps "${output}"; stop it first`);
}

function openLake(output: string) {
  return { objects: createFileObjects(lakeRoot(output)), decode: decodeParquet, yieldToHost };
}

/** What is wrong with the store, found by reading all of it. Throws ConfigError when nothing is. */
async function findDamage(output: string): Promise<string> {
  try {
    const store = await openCheckedStore(output);
    try {
      await auditLake(await createAuditPorts(output, store), EVERYTHING, signal);
    } finally {
      store.close();
    }
  } catch (error) {
    if (error instanceof StoreDamagedError) return error.finding;
    throw error;
  }
  throw new ConfigError(
    `--rebuild-store: the store "${storePath(output)}" is not damaged; ` +
      'expected a damaged or missing one; without the flag "candlelake repair" mends the lake',
  );
}

function readLakeSettings({ readSettings, asked }: RepairRun, inferred: LakeSettings) {
  const settings = readSettings(inferred);
  if (settings.interval === inferred.interval) return settings;
  throw new ConfigError(
    `--interval "${settings.interval}": the lake in "${asked.output}" holds candles of ${inferred.interval}`,
  );
}

function damagedPath({ asked, stamp }: RepairRun): string {
  return `${storePath(asked.output)}.damaged-${stamp}`;
}

/** Where the days of objects end that cannot be read: the lake went on to there, or to the present. */
function endOf(paths: readonly string[], clock: Clock): EpochMs {
  const ends = paths.map((path) => {
    const { interval, day } = parseCandlesPath(path)!;
    return Math.min(day + DAY_MS, floorToInterval(clock.now(), interval));
  });
  return Math.max(0, ...ends);
}

/** The new store gets its name when it is whole: a stop before leaves everything as it was. */
async function replaceStore(run: RepairRun, plan: RebuildPlan, settings: LakeSettings): Promise<void> {
  const { output } = run.asked;
  const path = storePath(output);
  const building = `${path}.rebuilding`;
  removeStore(building);
  const store = openSqliteStore(building, { now: run.clock.now });
  try {
    await store.writeSettings(settings);
    await takeCandles({ ...openLake(output), candles: store, derivation: store }, plan.take, signal);
    await store.advanceAsOf(endOf(plan.refused, run.clock));
  } finally {
    store.close();
  }
  // The derivation that follows would replace them.
  await openLake(output).objects.moveAside(plan.refused, asideFolder(run));
  await renameStore(path, damagedPath(run));
  await renameStore(building, path);
}

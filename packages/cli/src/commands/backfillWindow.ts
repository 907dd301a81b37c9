import {
  ConfigError,
  DAY_MS,
  type EpochMs,
  formatInstant,
  runBackfill,
  type Settings,
  startOfDay,
} from '@candlelake/core';
import { createClock } from '@candlelake/node';
import type { SettingsReader } from '../flags.ts';
import { formatSymbols } from '../output/formatSymbols.ts';
import { createPipelinePorts, lakePlace, startLake } from '../wire.ts';
import type { CommandContext } from './commandContext.ts';
import { resultUnlessStopped, threadFailure } from './stopHandling.ts';
import { type StoreSession, withStore } from './withStore.ts';

/**
 * Fills the window of the settings from history and derives the lake. Resolves with whether all its slots are
 * settled.
 */
export async function backfillWindow(
  readSettings: SettingsReader,
  context: CommandContext,
): Promise<boolean> {
  const asked = readSettings(null);
  const clock = createClock(asked.clock);
  if (asked.from === null)
    throw new ConfigError('--from: missing, expected a UTC date or time such as 2026-11-22');
  // The exchange's time decides what is closed; what no clock error explains is refused before it is asked.
  if (asked.from > clock.now() + DAY_MS)
    throw new ConfigError(`--from "${formatInstant(asked.from)}": no candle has closed since then`);
  const window = { from: asked.from, to: asked.to };
  return withStore({ command: 'backfill', context, readSettings, asked, clock }, (session) =>
    fill(session, window),
  );
}

async function fill(session: StoreSession, { from, to }: Window): Promise<boolean> {
  const { settings, stop, display } = session;
  const { report } = display;
  if (settings.forMs !== null) stop.after(settings.forMs);
  const target = windowText(settings, { from, to });
  report({ level: 'info', kind: 'starting', message: `${target}: filling from history` });
  const lake = startLake({
    settings,
    report,
    onBars: (bars) => display.onBars(bars.filter(({ series }) => series.market === settings.market)),
    onStatus: display.onLake,
    barsFrom: startOfDay((to ?? session.clock.now()) - 1),
  });
  try {
    const ports = createPipelinePorts({ ...session, report, lake });
    const work = runBackfill(ports, { ...settings, from, to: to ?? Number.POSITIVE_INFINITY }, stop.signal);
    const result = await resultUnlessStopped(Promise.race([work, threadFailure(lake)]), stop.signal, report);
    display.endHistory();
    const settled = result?.settled ?? false;
    const unsettled = stop.signal.aborted ? 'interrupted, the same command goes on from here' : 'not settled';
    const outcome = settled ? 'settled' : unsettled;
    report({ level: 'info', kind: 'stopped', message: `${target}: ${outcome}${lakePlace(settings.output)}` });
    return settled;
  } finally {
    await lake.stop();
  }
}

interface Window {
  readonly from: EpochMs;
  /** Null for the last closed candle. */
  readonly to: EpochMs | null;
}

function windowText({ market, symbols, interval }: Settings, { from, to }: Window): string {
  return `${formatSymbols(symbols, market)} ${interval} from ${formatInstant(from)} to ${to === null ? 'now' : formatInstant(to)}`;
}

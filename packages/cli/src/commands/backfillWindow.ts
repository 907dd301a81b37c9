import {
  type Clock,
  ConfigError,
  type EpochMs,
  floorToInterval,
  formatInstant,
  runBackfill,
  type Settings,
  startOfDay,
} from '@candlelake/core';
import { createClock } from '@candlelake/node';
import type { SettingsReader } from '../flags.ts';
import { formatSymbols } from '../output/formatSymbols.ts';
import { createPipelinePorts, lakeRoot, startLake } from '../wire.ts';
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
  const window = windowOf(asked, clock);
  return withStore({ context, readSettings, asked, clock }, (session) => fill(session, window));
}

async function fill(session: StoreSession, { from, to }: Window): Promise<boolean> {
  const { settings, stop, display } = session;
  const { report } = display;
  if (settings.forMs !== null) stop.after(settings.forMs);
  const target = windowText(settings, { from, to });
  report({ level: 'info', kind: 'starting', message: `${target}: filling from history` });
  const lake = startLake({ settings, report, onBars: display.onBars, barsFrom: startOfDay(to - 1) });
  try {
    const ports = createPipelinePorts({ ...session, report, lake });
    const work = runBackfill(ports, { ...settings, from, to }, stop.signal);
    const result = await resultUnlessStopped(Promise.race([work, threadFailure(lake)]), stop.signal, report);
    display.endHistory();
    const settled = result?.settled ?? false;
    const outcome = settled ? 'settled' : 'not settled';
    const message = `${target}: ${outcome}; the lake is in ${lakeRoot(settings.output)}`;
    report({ level: 'info', kind: 'stopped', message });
    return settled;
  } finally {
    await lake.stop();
  }
}

interface Window {
  readonly from: EpochMs;
  readonly to: EpochMs;
}

/**
 * The window to fill. It ends with the last closed candle at the latest. Throws ConfigError when `--from` is
 * missing or no candle of the window is closed.
 */
function windowOf({ from, to, interval }: Settings, clock: Clock): Window {
  if (from === null) throw new ConfigError('--from: missing, expected a UTC date or time such as 2026-11-22');
  const closed = floorToInterval(Math.min(to ?? Number.POSITIVE_INFINITY, clock.now()), interval);
  if (from < closed) return { from, to: closed };
  throw new ConfigError(`--from "${formatInstant(from)}": expected a time with a closed candle after it`);
}

function windowText({ symbols, interval }: Settings, { from, to }: Window): string {
  return `${formatSymbols(symbols)} ${interval} from ${formatInstant(from)} to ${formatInstant(to)}`;
}

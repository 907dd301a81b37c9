import { join } from 'node:path';
import type { Clock, Settings } from '@candlelake/core';
import type { SettingsReader } from '../flags.ts';

/** One run of `repair`. */
export interface RepairRun {
  /** The settings without those recorded in the store. */
  readonly asked: Settings;
  readonly readSettings: SettingsReader;
  readonly clock: Clock;
  /** Of the run, as part of file names: `20261122T120305Z`. */
  readonly stamp: string;
}

/** A run that begins now. */
export function beginRepair(asked: Settings, readSettings: SettingsReader, clock: Clock): RepairRun {
  const stamp = new Date(clock.now()).toISOString().replace(/[-:]|\.\d+/g, '');
  return { asked, readSettings, clock, stamp };
}

/** Where files go that are moved out of the lake. */
export function asideFolder({ asked, stamp }: RepairRun): string {
  return join(asked.output, `stray-${stamp}`);
}

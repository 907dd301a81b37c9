import { rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  type EncodeTable,
  LAKE_SCHEMA_VERSION,
  type LakeSettings,
  parseSettings,
  type Settings,
} from '@candlelake/core';
import { encode as encodeParquet } from '../support/encoder.ts';
import { readRows } from '../support/readParquet.ts';
import { createCloudHost } from './cloud/cloudHost.ts';
import type { Exchange } from './exchange/exchange.ts';
import { createDiskObjects } from './machine/diskObjects.ts';
import { createFolderObjects } from './machine/folderObjects.ts';
import type { Host } from './machine/host.ts';
import { createLocalHost } from './machine/localHost.ts';
import { makeMachineFolder } from './machine/machineFolder.ts';
import { openMachineStore } from './machine/machineStore.ts';
import { decodeRows, encodeRows, type LakeRow } from './machine/rowEncoder.ts';
import type { Scenario } from './scenario.ts';
import type { Variant } from './variants.ts';

export const PERIODS = { maShort: 3, maLong: 7, atr: 14 };

export interface SimulatedHost extends Host {
  /** The rows of an object. */
  readonly decode: (bytes: Uint8Array) => readonly LakeRow[] | Promise<readonly LakeRow[]>;
}

/** The host of a seed, with empty disks. */
export function createHost(exchange: Exchange, scenario: Scenario, variant: Variant): SimulatedHost {
  const folder = variant.isParquet ? makeMachineFolder() : null;
  const objects = folder ? createFolderObjects(join(folder, 'lake'), exchange.time) : createDiskObjects();
  const encode: EncodeTable = variant.isParquet ? encodeParquet : encodeRows;
  // A copy: the reader takes the whole buffer of the bytes.
  const decode = variant.isParquet ? (bytes: Uint8Array) => readRows(new Uint8Array(bytes)) : decodeRows;
  const host =
    variant.host === 'cloud'
      ? createCloudHost({ exchange, objects, encode, settings: cloudSettings(scenario) })
      : createLocalHost({
          ...{ objects, encode, random: exchange.random },
          store: openMachineStore(variant.hasStoreFile, exchange.random),
          settings: lakeSettings(scenario),
          collector: collectorOf(scenario),
        });
  return {
    ...host,
    decode,
    close() {
      host.close();
      if (folder) rmSync(folder, { recursive: true, force: true });
    },
  };
}

function lakeSettings({ interval, timeframes }: Scenario): LakeSettings {
  return {
    ...{ schemaVersion: LAKE_SCHEMA_VERSION, interval, timeframes, periods: PERIODS },
    ...{ writeMa: true, writeAtr: true, skipPartial: false },
  };
}

function cloudSettings({ books, interval, timeframes, historyDays }: Scenario): Settings {
  return parseSettings({
    flags: {
      symbol: books.map(({ symbol }) => symbol),
      interval,
      timeframe: timeframes.map((minutes) => `${minutes}m`).join(','),
      'history-days': String(historyDays),
    },
  });
}

function collectorOf({ books, interval, historyDays }: Scenario) {
  const symbols = books.map(({ symbol }) => symbol);
  return { symbols, interval, historyDays, backfill: true, gapFill: true, until: null };
}

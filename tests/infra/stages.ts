import fs from 'node:fs';
import path from 'node:path';
import { inject } from 'vitest';
import type { StageSettings } from '../../infra/settings.ts';
import type { Run } from './harness/deploy.ts';
import type { Graph, Resource } from './harness/graph.ts';

/**
 * A stage that uses what the others leave alone: an address for alarms, a budget, a dashboard, many symbols,
 * several timeframes, another interval, debug lines.
 */
export const MANY: StageSettings = {
  region: 'eu-west-1',
  pipeline: {
    symbol: Array.from({ length: 600 }, (_, index) => `COIN${index}-USDT`),
    interval: '5m',
    timeframe: ['35m', '1h'],
    historyDays: 1,
    ma: false,
    debug: true,
  },
  firstLakeDay: '2025-01-31',
  alerts: 'alarms@example.com',
  monthlyBudget: 50,
  dashboard: true,
};

export type StageName = 'development' | 'production' | 'many' | 'moved' | 'restored';

/** The removal of the production stage. */
export interface Removed {
  /** `sst remove` alone. */
  readonly refused: Run;
  /** `npm run aws:remove -- --stage production --keep-data --yes`. */
  readonly script: Run;
  /** What was deployed before the script's `sst remove`. */
  readonly before: readonly Resource[];
  readonly deleted: readonly string[] | null;
}

export function removedProduction(): Removed {
  return JSON.parse(fs.readFileSync(path.join(inject('graphs'), 'removed.json'), 'utf8'));
}

/** What the deploy of a stage registered. */
export function graphOf(stage: StageName): Graph {
  return JSON.parse(fs.readFileSync(path.join(inject('graphs'), `${stage}.json`), 'utf8'));
}

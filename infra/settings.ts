import type { Market } from '../packages/core/src/domain/candle/candle.ts';
import type { Interval } from '../packages/core/src/domain/time/interval.ts';
import { parseInstant } from '../packages/core/src/domain/time/time.ts';
import { ConfigError } from '../packages/core/src/errors.ts';
import type { Settings } from '../packages/core/src/settings/definitions.ts';
import { parseSettings } from '../packages/core/src/settings/parseSettings.ts';
import { variableName } from '../packages/core/src/settings/sources.ts';

/** Settings of the pipeline, named as on the command line and with the same defaults. */
export interface PipelineSettings {
  /** `swap` when left out. A stage keeps one market. */
  readonly market?: Market;
  readonly symbol: readonly string[];
  readonly interval?: Interval;
  readonly timeframe?: readonly string[];
  readonly historyDays?: number;
  readonly backfill?: boolean;
  readonly gapFill?: boolean;
  readonly maShort?: number;
  readonly maLong?: number;
  readonly ma?: boolean;
  readonly atrPeriod?: number;
  readonly atr?: boolean;
  readonly skipPartial?: boolean;
  /** For all processes of the stage together. */
  readonly requestsPerSecond?: number;
  readonly debug?: boolean;
}

/** The settings of one stage. */
export interface StageSettings {
  /** BingX answers 403 to some countries; the prices in infra/prices.ts are those of us-east-1. */
  readonly region: string;
  readonly pipeline: PipelineSettings;
  /**
   * The first UTC day that Athena's tables have. Set it to the oldest backfilled day; empty days cost
   * requests.
   */
  readonly firstLakeDay: string;
  /**
   * The address that alarms are sent to, or 'nobody'. A production stage has to choose; elsewhere 'nobody' is
   * the default.
   */
  readonly alerts?: string;
  /**
   * Names of a table and a bucket that exist, in place of new ones: of a restored backup, or of a removed
   * stage. docs/aws.md, "When something is lost".
   */
  readonly existing?: { readonly table?: string; readonly bucket?: string };
  /** US dollars. AWS writes to the address of alarms when a month is about to cost more. */
  readonly monthlyBudget?: number;
  /** A CloudWatch dashboard with the metrics, $3 a month; none by default. */
  readonly dashboard?: boolean;
}

const ONE_SYMBOL: StageSettings = {
  region: 'eu-west-1',
  pipeline: { symbol: ['BTC-USDT'] },
  firstLakeDay: '2026-11-01',
};

/**
 * One entry per stage; every stage without one gets {@link ONE_SYMBOL}. Production is refused until it says
 * with `alerts` whom alarms reach.
 */
const STAGES: Readonly<Record<string, StageSettings>> = {
  production: {
    ...ONE_SYMBOL,
    monthlyBudget: 30,
    pipeline: {
      symbol: ['BTC-USDT', 'ETH-USDT', 'SOL-USDT', 'XRP-USDT', 'BNB-USDT', 'DOGE-USDT'],
      timeframe: ['21m', '1h'],
      historyDays: 7,
    },
  },
};

/** A stage with its settings parsed and checked. */
export interface Stage extends StageSettings, Protection {
  readonly name: string;
  readonly production: boolean;
  readonly settings: Settings;
  /** The address that alarms are sent to; null for nobody. */
  readonly alertAddress: string | null;
  /** The same settings as `CANDLELAKE_*` variables. */
  readonly variables: Readonly<Record<string, string>>;
}

export interface Protection {
  /** `sst remove` refuses the stage. */
  readonly protect: boolean;
  /** Table and bucket stay when the stage is removed. */
  readonly keepData: boolean;
}

/** The variable with which `npm run aws:remove` deploys and removes: `keep-data` or `delete-data`. */
export const REMOVAL_VARIABLE = 'REMOVE_STAGE';

/**
 * A production stage is protected and keeps its data. A value of {@link REMOVAL_VARIABLE} lifts the
 * protection and says what becomes of the data. Throws ConfigError for another value.
 */
export function protectionOf(name: string, removal: string | undefined): Protection {
  const production = name === 'production';
  if (removal === undefined) return { protect: production, keepData: production };
  if (removal === 'keep-data' || removal === 'delete-data')
    return { protect: false, keepData: removal === 'keep-data' };
  throw new ConfigError(`${REMOVAL_VARIABLE} "${removal}": expected "keep-data" or "delete-data"`);
}

/** The settings of a stage as listed above, not checked. */
export function stageSettings(name: string): StageSettings {
  return Object.hasOwn(STAGES, name) ? STAGES[name]! : ONE_SYMBOL;
}

/** Parses and checks the settings of a stage. Throws ConfigError, one line, for a wrong value. */
export function readStage(name: string, given: StageSettings = stageSettings(name)): Stage {
  const where = `infra/settings.ts, stage "${name}"`;
  const settings = parseSettings({ file: { path: where, content: given.pipeline } });
  const day = parseInstant(given.firstLakeDay);
  if (day === null || given.firstLakeDay.length !== '2026-11-01'.length) {
    throw new ConfigError(
      `${where}: firstLakeDay "${given.firstLakeDay}": expected a UTC date like "2026-11-01"`,
    );
  }
  const production = name === 'production';
  const variables = variablesOf(given.pipeline);
  return {
    ...given,
    ...protectionOf(name, process.env[REMOVAL_VARIABLE]),
    name,
    production,
    settings,
    alertAddress: readAlerts(given.alerts ?? (production ? '' : 'nobody'), where),
    variables,
  };
}

function readAlerts(alerts: string, where: string): string | null {
  if (alerts === 'nobody') return null;
  if (/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(alerts)) return alerts;
  throw new ConfigError(
    `${where}: alerts "${alerts}": expected the address that alarms are sent to, as "you@example.com", or "nobody"`,
  );
}

function variablesOf(pipeline: PipelineSettings): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(pipeline)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [variableName(kebabCase(name)), String(value)]),
  );
}

function kebabCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

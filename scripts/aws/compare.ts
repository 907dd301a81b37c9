import type { Row } from '../../tests/support/readParquet.ts';

/** One row of Athena: texts by column, null for a missing value. */
export type AthenaRow = Readonly<Record<string, string | null>>;

/**
 * Where two answers to one query differ, as one line; null when they are the same. Rows are compared in
 * order.
 */
export function differenceOf(athena: readonly AthenaRow[], duckDb: readonly Row[]): string | null {
  if (athena.length !== duckDb.length) return `${athena.length} rows in Athena, ${duckDb.length} in DuckDB`;
  for (const [index, expected] of duckDb.entries()) {
    for (const [column, value] of Object.entries(expected)) {
      const found = athena[index]![column] ?? null;
      if (!isSame(found, value)) return `row ${index}, ${column}: "${found}" in Athena, "${value}" in DuckDB`;
    }
  }
  return null;
}

/**
 * Numbers may differ in the last digits, because sums are made in another order; instants are texts in
 * Athena.
 */
function isSame(text: string | null, value: Row[string]): boolean {
  if (text === null || value === null) return text === value;
  if (typeof value === 'string') return text === value;
  const isInstant = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}/.test(text);
  const number = isInstant ? Date.parse(`${text.replace(' ', 'T')}Z`) : Number(text);
  return Math.abs(number - value) <= 1e-9 * Math.max(1, Math.abs(value));
}

export interface Metric {
  readonly Namespace?: string;
  readonly MetricName?: string;
  readonly Dimensions?: readonly { readonly Name?: string; readonly Value?: string }[];
}

export interface Alarm extends Metric {
  readonly AlarmName: string;
  readonly Metrics?: readonly { readonly MetricStat?: { readonly Metric: Metric } }[];
}

/** Names of alarms with a metric that nothing has sent yet. */
export function alarmsWithoutMetric(alarms: readonly Alarm[], metrics: readonly Metric[]): readonly string[] {
  const known = new Set(metrics.map(keyOf));
  return alarms
    .filter((alarm) => metricsOf(alarm).some((metric) => !known.has(keyOf(metric))))
    .map(({ AlarmName }) => AlarmName);
}

function metricsOf(alarm: Alarm): readonly Metric[] {
  if (alarm.MetricName) return [alarm];
  return (alarm.Metrics ?? []).flatMap(({ MetricStat }) => MetricStat?.Metric ?? []);
}

function keyOf({ Namespace, MetricName, Dimensions = [] }: Metric): string {
  const dimensions = Dimensions.map(({ Name, Value }) => `${Name}=${Value}`).sort();
  return [Namespace, MetricName, ...dimensions].join(' ');
}

import type { Resource } from '../harness/graph.ts';

const MINUTE_MS = 60_000;

/** One value that was sent to CloudWatch, or that an AWS service counts itself. */
export interface Datapoint {
  readonly name: string;
  /** Epoch ms. */
  readonly at: number;
  readonly value: number;
}

interface MetricStat {
  readonly metricName: string;
  readonly stat: string;
  readonly periodMs: number;
}

/**
 * Whether an alarm would sound at some minute in [from, to): in so many of the last periods the statistic is
 * beyond the threshold, or there is no data and that counts as such. Source: CloudWatch user guide,
 * "Evaluating an alarm" and "Configuring how alarms treat missing data".
 */
export function sounds(
  { inputs }: Resource,
  data: readonly Datapoint[],
  { from, to }: { readonly from: number; readonly to: number },
): boolean {
  const metrics = metricsOf(inputs);
  const { periodMs } = metrics[0]!;
  const isBreaching = (end: number): boolean => {
    const values = metrics.map((metric) => statistic(metric, data, end - periodMs, end));
    const known = values.filter((value) => value !== null);
    if (known.length === 0) return inputs.treatMissingData === 'breaching';
    const value = known.reduce((sum, one) => sum + one, 0);
    return inputs.comparisonOperator === 'LessThanThreshold'
      ? value < inputs.threshold
      : value > inputs.threshold;
  };
  for (let end = from + MINUTE_MS; end <= to; end += MINUTE_MS) {
    const periods = Array.from({ length: inputs.evaluationPeriods }, (_, index) => end - index * periodMs);
    if (periods.filter(isBreaching).length >= inputs.datapointsToAlarm) return true;
  }
  return false;
}

/** The metric of an alarm, or those that its expression adds up; a missing one of them counts as 0. */
function metricsOf(inputs: Resource['inputs']): readonly MetricStat[] {
  if (inputs.metricName) {
    const { metricName, statistic: stat, period } = inputs;
    return [{ metricName, stat, periodMs: period * 1000 }];
  }
  const queried = inputs.metricQueries.flatMap(({ metric }: { metric?: Resource['inputs'] }) => metric ?? []);
  return queried.map(({ metricName, stat, period }: Resource['inputs']) => ({
    metricName,
    stat,
    periodMs: period * 1000,
  }));
}

function statistic(
  { metricName, stat }: MetricStat,
  data: readonly Datapoint[],
  from: number,
  to: number,
): number | null {
  const values = data
    .filter(({ name, at }) => name === metricName && at >= from && at < to)
    .map(({ value }) => value);
  if (values.length === 0) return null;
  if (stat === 'Sum') return values.reduce((sum, value) => sum + value, 0);
  if (stat === 'Minimum') return Math.min(...values);
  if (stat === 'Maximum') return Math.max(...values);
  throw new Error(`statistic "${stat}": not one that this test knows`);
}

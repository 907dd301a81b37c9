import type { Stage } from './settings.ts';

export type AlarmArgs = Omit<
  aws.cloudwatch.MetricAlarmArgs,
  'alarmActions' | 'okActions' | 'comparisonOperator' | 'evaluationPeriods' | 'treatMissingData' | 'threshold'
> & {
  readonly alarmDescription: string;
  /** The threshold, and in how many of the last periods it has to be crossed. */
  readonly when: {
    readonly above?: number;
    readonly below?: number;
    readonly times: number;
    readonly of: number;
  };
  readonly missing: 'breaching' | 'notBreaching';
};

export type MakeAlarm = (name: string, args: AlarmArgs) => void;

/** Returns a function that creates alarms, which notify `topic` when they begin and when they end. */
export function alarmMaker(stage: Stage, topic: sst.aws.SnsTopic): MakeAlarm {
  return (name, { when, missing, ...args }) => {
    new aws.cloudwatch.MetricAlarm(`Alarm${name}`, {
      ...args,
      name: `${$app.name}-${stage.name}-${name}`,
      comparisonOperator: when.below === undefined ? 'GreaterThanThreshold' : 'LessThanThreshold',
      threshold: when.below ?? when.above ?? 0,
      evaluationPeriods: when.of,
      datapointsToAlarm: when.times,
      treatMissingData: missing,
      alarmActions: [topic.arn],
      okActions: [topic.arn],
    });
  };
}

export interface CountedMetric {
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: Record<string, $util.Input<string>>;
}

/** The five-minute sum of several metrics; missing data counts as 0. */
export function sumOf(
  metrics: readonly CountedMetric[],
): aws.types.input.cloudwatch.MetricAlarmMetricQuery[] {
  const parts = metrics.map((metric, index) => ({
    id: `m${index}`,
    returnData: false,
    metric: { ...metric, period: 300, stat: 'Sum' },
  }));
  const expression = parts.map(({ id }) => `FILL(${id}, 0)`).join(' + ');
  return [{ id: 'total', expression, label: 'Total', returnData: true }, ...parts];
}

import { METRIC_DIMENSION, METRICS, METRICS_NAMESPACE } from '../packages/functions/src/names.ts';
import type { Stage } from './settings.ts';

/** What helps to look at a stage and at its bill. All but the dashboard are free. */
export function createWatch(stage: Stage, streamLogs: $util.Input<string>): void {
  createBudget(stage);
  createLogQueries(stage, streamLogs);
  if (stage.dashboard) createDashboard(stage);
}

/**
 * Writes when the forecast of the month is above 80 % of the budget, and when the bill is above it. Counts
 * what is tagged with the stage, once the tag "stage" is activated for cost allocation.
 */
function createBudget({ name, monthlyBudget, alertAddress }: Stage): void {
  if (monthlyBudget === undefined || alertAddress === null) return;
  const notification = (notificationType: 'FORECASTED' | 'ACTUAL', threshold: number) => ({
    comparisonOperator: 'GREATER_THAN',
    notificationType,
    threshold,
    thresholdType: 'PERCENTAGE',
    subscriberEmailAddresses: [alertAddress],
  });
  new aws.budgets.Budget('MonthlyBudget', {
    name: `${$app.name}-${name}`,
    budgetType: 'COST',
    timeUnit: 'MONTHLY',
    limitAmount: String(monthlyBudget),
    limitUnit: 'USD',
    costFilters: [{ name: 'TagKeyValue', values: [`user:stage$${name}`] }],
    notifications: [notification('FORECASTED', 80), notification('ACTUAL', 100)],
  });
}

/** Queries of CloudWatch Logs Insights, $0.005 for each GB that one reads. */
function createLogQueries({ name }: Stage, streamLogs: $util.Input<string>): void {
  const folder = `${$app.name}/${name}`;
  const functionLogs = (key: string) => `/${$app.name}/${name}/${key}`;
  const save = (title: string, logGroupNames: $util.Input<string>[], queryString: string) =>
    new aws.cloudwatch.QueryDefinition(`Logs${title.replaceAll(' ', '')}`, {
      name: `${folder}/${title}`,
      logGroupNames,
      queryString,
    });
  save(
    'Late Symbols',
    [streamLogs],
    'fields @timestamp, LiveDelaySeconds, lateSymbols, late | filter lateSymbols != "0" | sort @timestamp desc',
  );
  save(
    'Warnings And Errors',
    [streamLogs, ...['backfill', 'backfillWorker', 'fillGaps', 'buildLake', 'health'].map(functionLogs)],
    'fields @timestamp, service, level, kind, message | filter level in ["WARN", "ERROR", "CRITICAL"] | sort @timestamp desc',
  );
  save(
    'Backfill Progress',
    [functionLogs('backfillWorker')],
    'filter kind = "backfilled" | stats sum(asked) as candles, sum(open) as open, latest(@timestamp) as last by symbol',
  );
}

/** $3 a month. */
function createDashboard({ name }: Stage): void {
  const dimension = [METRIC_DIMENSION, `${$app.name}-${name}`];
  const widgets = Object.values(METRICS).map((metric, index) => ({
    type: 'metric',
    width: 8,
    height: 6,
    x: (index % 3) * 8,
    y: Math.floor(index / 3) * 6,
    properties: {
      title: metric,
      region: aws.getRegionOutput().region,
      stat: metric === METRICS.healthOk ? 'Minimum' : 'Maximum',
      period: 300,
      metrics: [[METRICS_NAMESPACE, metric, ...dimension]],
    },
  }));
  new aws.cloudwatch.Dashboard('Dashboard', {
    dashboardName: `${$app.name}-${name}`,
    dashboardBody: $jsonStringify({ widgets }),
  });
}

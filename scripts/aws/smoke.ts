/**
 * `npm run aws:smoke -- --stage try`: the first look at a real account. Deploys a throw-away stage, waits
 * until it is healthy, compares every saved query with DuckDB and every alarm with the metrics that exist,
 * kills the task, removes the stage and lists what is left. Asks before it spends. It was never run in an
 * account: its steps are tested against moto.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { stageSettings } from '../../infra/settings.ts';
import { monthlyBill, totalOf } from '../../tests/cost/bill.ts';
import { createAwsCli } from './awsCli.ts';
import {
  compareMetrics,
  compareQueries,
  findLeftovers,
  killTask,
  type SmokeTools,
  waitForHealth,
} from './smokeSteps.ts';

const HOURS_PER_MONTH = 730;
/** Two metrics come every ten minutes only. */
const FIRST_METRICS_MS = 12 * 60_000;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const { stage } = parseArgs({
    args: [...args],
    options: { stage: { type: 'string', default: 'try' } },
  }).values;
  if (stage === 'production') {
    console.error('--stage "production": expected a stage that may be thrown away');
    return 2;
  }
  if (!(await isConfirmed(stage))) return 2;
  const tools = createTools(stageSettings(stage).region);
  const isFine = await succeeds(async () => {
    run('npx', ['--no-install', 'sst', 'deploy', '--stage', stage]);
    await look(tools, stage);
  });
  const isRemoved = await succeeds(async () => {
    run('npm', ['run', 'aws:remove', '--', '--stage', stage, '--delete-data', '--yes']);
    console.log(await findLeftovers(tools, stage));
  });
  return isFine && isRemoved ? 0 : 1;
}

async function succeeds(act: () => Promise<void>): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    console.error(`failed: ${error instanceof Error ? error.message : error}`);
    return false;
  }
}

/** The steps between deploy and removal. */
async function look(tools: SmokeTools, stage: string): Promise<void> {
  const outputs = JSON.parse(readFileSync('.sst/outputs.json', 'utf8')) as Readonly<
    Record<'health' | 'workgroup' | 'database' | 'bucket' | 'cluster', string>
  >;
  console.log(await waitForHealth(tools, outputs.health));
  console.log(await compareQueries(tools, outputs));
  await tools.sleep(FIRST_METRICS_MS);
  console.log(await compareMetrics(tools, stage));
  console.log(await killTask(tools, outputs.cluster, outputs.health));
}

function createTools(region: string): SmokeTools {
  return {
    aws: createAwsCli(region),
    statusOf: (url) =>
      fetch(url).then(
        ({ status }) => status,
        () => 0,
      ),
    sleep: (ms) => sleep(ms),
  };
}

function run(command: string, args: readonly string[]): void {
  console.log(`$ ${[command, ...args].join(' ')}`);
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  if (status !== 0) throw new Error(`"${command} ${args.join(' ')}" ended with ${status}`);
}

async function isConfirmed(stage: string): Promise<boolean> {
  const measured = JSON.parse(readFileSync('tests/cost/measured.json', 'utf8'));
  const usd = totalOf(monthlyBill({ symbols: 1, month: 1, measured })) / HOURS_PER_MONTH;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(
    `This deploys the stage "${stage}", which costs about $${usd.toFixed(2)} an hour, and removes it in about an hour. Go on? (yes) `,
  );
  terminal.close();
  return answer.trim() === 'yes';
}

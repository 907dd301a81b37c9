/**
 * `npm run aws:remove -- --stage production --keep-data`: removes a stage, production included. First it
 * deploys the stage without its protection, then it runs `sst remove`. `--keep-data` leaves table and bucket
 * in the account, `--delete-data` deletes them. Asks for the name of the stage unless `--yes` is given. Exit
 * code 2: wrong arguments or no consent.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { planRemoval, type Removal, readRemoval, type Step, summaryOf } from './removal.ts';

/** sst writes it after each deploy. */
const OUTPUTS_FILE = '.sst/outputs.json';

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const removal = readRemoval(args);
  if (typeof removal === 'string') {
    console.error(removal);
    return 2;
  }
  if (!removal.yes && !(await isConfirmed(removal))) {
    console.error('nothing was removed');
    return 2;
  }
  let outputs = readOutputs();
  for (const step of planRemoval(removal)) {
    const status = run(step);
    if (status !== 0) return status;
    // A removal empties the file.
    if (step.args[0] === 'deploy') outputs = readOutputs();
  }
  console.log(summaryOf(removal, outputs));
  return 0;
}

function run({ command, args, variables }: Step): number {
  const shown = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  console.log(`$ ${[...shown, command, ...args].join(' ')}`);
  const env = { ...process.env, ...variables };
  return spawnSync('npx', ['--no-install', command, ...args], { stdio: 'inherit', env }).status ?? 1;
}

/** What the last deploy printed at its end. */
function readOutputs(): Readonly<Record<string, unknown>> {
  return existsSync(OUTPUTS_FILE) ? JSON.parse(readFileSync(OUTPUTS_FILE, 'utf8')) : {};
}

async function isConfirmed(removal: Removal): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const loss = removal.data === 'delete-data' ? 'with all its candles and its lake' : 'but keeps its data';
  const answer = await terminal.question(
    `This removes the stage "${removal.stage}" ${loss}. Type its name to go on: `,
  );
  terminal.close();
  return answer.trim() === removal.stage;
}

import { parseArgs } from 'node:util';
import { protectionOf, REMOVAL_VARIABLE } from '../../infra/settings.ts';

export interface Removal {
  readonly stage: string;
  readonly data: 'keep-data' | 'delete-data';
  /** Do not ask. */
  readonly yes: boolean;
}

export interface Step {
  readonly command: string;
  readonly args: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
}

/** Reads the arguments; returns what is wrong with them as one line. */
export function readRemoval(args: readonly string[]): Removal | string {
  const usage = 'expected --stage <name> with --keep-data or --delete-data';
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        stage: { type: 'string' },
        'keep-data': { type: 'boolean', default: false },
        'delete-data': { type: 'boolean', default: false },
        yes: { type: 'boolean', default: false },
      },
    });
    const { stage, yes, 'keep-data': keep, 'delete-data': drop } = values;
    if (!stage || keep === drop) return usage;
    return { stage, yes, data: keep ? 'keep-data' : 'delete-data' };
  } catch (error) {
    return `${(error as Error).message}; ${usage}`;
  }
}

/**
 * The commands that remove a stage, in order. A deploy comes first if the stage as it was deployed would
 * refuse the removal or do something else with its data.
 */
export function planRemoval({ stage, data }: Removal): readonly Step[] {
  const variables = { [REMOVAL_VARIABLE]: data };
  const step = (verb: string): Step => ({ command: 'sst', args: [verb, '--stage', stage], variables });
  const { protect, keepData } = protectionOf(stage, undefined);
  const isReady = !protect && keepData === (data === 'keep-data');
  return isReady ? [step('remove')] : [step('deploy'), step('remove')];
}

/** What is left in the account after a removal. `outputs` are those of the last deploy. */
export function summaryOf(
  { stage, data }: Removal,
  { table, bucket }: Readonly<Record<string, unknown>>,
): string {
  const kept =
    data === 'keep-data'
      ? ` The table "${table}" and the bucket "${bucket}" stay; docs/aws.md says how to use or delete them.`
      : '';
  return `The stage "${stage}" is removed.${kept} What sst keeps for all stages of this region stays too.`;
}

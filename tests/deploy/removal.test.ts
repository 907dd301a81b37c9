import { expect, test } from 'vitest';
import { protectionOf } from '../../infra/settings.ts';
import { planRemoval, readRemoval } from '../../scripts/aws/removal.ts';

const stepsOf = (stage: string, data: 'keep-data' | 'delete-data') =>
  planRemoval({ stage, data, yes: true }).map(({ args, variables }) => [args[0], variables.REMOVE_STAGE]);

test('a protected stage is deployed without its protection before it is removed', () => {
  expect(stepsOf('production', 'keep-data')).toEqual([
    ['deploy', 'keep-data'],
    ['remove', 'keep-data'],
  ]);
  expect(stepsOf('production', 'delete-data')).toEqual([
    ['deploy', 'delete-data'],
    ['remove', 'delete-data'],
  ]);
});

test('a development stage is removed at once, unless its data is to be kept', () => {
  expect(stepsOf('me', 'delete-data')).toEqual([['remove', 'delete-data']]);
  expect(stepsOf('me', 'keep-data').map(([verb]) => verb)).toEqual(['deploy', 'remove']);
});

test.each([
  ['production', undefined, { protect: true, keepData: true }],
  ['production', 'keep-data', { protect: false, keepData: true }],
  ['production', 'delete-data', { protect: false, keepData: false }],
  ['me', undefined, { protect: false, keepData: false }],
  ['me', 'keep-data', { protect: false, keepData: true }],
])('the protection of "%s" with REMOVE_STAGE %s', (stage, removal, expected) => {
  expect(protectionOf(stage, removal)).toEqual(expected);
});

test('another value of the variable is refused, because data hangs on it', () => {
  expect(() => protectionOf('production', 'keep')).toThrow(
    'REMOVE_STAGE "keep": expected "keep-data" or "delete-data"',
  );
});

test.each([
  [['--stage', 'production']],
  [['--stage', 'production', '--keep-data', '--delete-data']],
  [['--keep-data']],
  [['--stage', 'production', '--keep-date']],
])('refuses %j in one line', (args) => {
  expect(readRemoval(args)).toMatch(/expected --stage <name> with --keep-data or --delete-data$/);
});

test('reads the stage and what becomes of the data', () => {
  expect(readRemoval(['--stage', 'production', '--keep-data'])).toEqual({
    stage: 'production',
    data: 'keep-data',
    yes: false,
  });
});

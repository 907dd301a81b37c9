import { expect, test } from 'vitest';
import { removedProduction } from './stages.ts';

const { refused, script, before, deleted } = removedProduction();

test('sst alone refuses to remove production', () => {
  expect(refused.code).not.toBe(0);
  expect(refused.output).toContain('Cannot remove protected stage');
});

test('the script removes production in two steps and ends with what is left', () => {
  expect(script.code, script.output).toBe(0);
  const steps = script.output.match(/^\$ .*$/gm);
  expect(steps).toEqual([
    '$ REMOVE_STAGE=keep-data sst deploy --stage production',
    '$ REMOVE_STAGE=keep-data sst remove --stage production',
  ]);
  expect(script.output).toMatch(
    /The table "candlelake-production-StoreTable-\w+" and the bucket "candlelake-production-lakebucket-\w+" stay/,
  );
});

test('--keep-data leaves the table, and the bucket with its settings, and deletes everything else', () => {
  const custom = before.filter((resource) => resource.custom).map(({ name }) => name);
  expect(custom.filter((name) => !deleted!.includes(name)).toSorted()).toEqual([
    'LakeBucket',
    'LakeLifecycle',
    'LakePolicy',
    'LakePublicAccessBlock',
    'LakeVersioning',
    'StoreTable',
  ]);
});

test('the table that stays cannot be deleted by a slip', () => {
  const table = before.find(({ name }) => name === 'StoreTable')!;
  expect(table.inputs.deletionProtectionEnabled).toBe(true);
  expect(table.protect).toBe(false);
});

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, inject, test } from 'vitest';
import { toTemplate } from './harness/template.ts';
import { graphOf } from './stages.ts';

test('sst.config.ts and infra/ keep to the types that sst generates', () => {
  const { status, stdout } = spawnSync(process.execPath, ['tests/infra/harness/typecheck.mjs'], {
    encoding: 'utf8',
  });
  expect(stdout).toMatch(/^\d+ files, 0 errors$/m);
  expect(status).toBe(0);
});

test.runIf(inject('cfnLint') !== null)(
  'cfn-lint finds no word, range or policy that AWS would refuse',
  () => {
    for (const stage of ['production', 'many'] as const) expect(lint(toTemplate(graphOf(stage)))).toBe('');
  },
);

test.runIf(inject('cfnLint') !== null)('cfn-lint would find them', () => {
  const graph = graphOf('production');
  const spoiled = graph.resources.map((resource) => ({ ...resource, inputs: { ...resource.inputs } }));
  const spoil = (name: string, change: object) => {
    const found = spoiled.find((resource) => resource.name === name)!;
    Object.assign(found.inputs, change);
  };
  spoil('AlarmLate', { treatMissingData: 'breach' });
  spoil('HealthFunction', { memorySize: 100 });
  spoil('HealthLogs', { retentionInDays: 29 });
  spoil('StreamTask', { cpu: '250' });
  const found = lint(toTemplate({ ...graph, resources: spoiled }));
  for (const word of ["'breach'", '100 is less', '29', "'250'"]) expect(found).toContain(word);
});

function lint(template: object): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'candlelake-lint-'));
  try {
    const file = path.join(folder, 'template.json');
    fs.writeFileSync(file, JSON.stringify(template));
    const args = ['-r', 'eu-west-1', '-t', file, '--format', 'parseable'];
    const { stdout, stderr } = spawnSync(inject('cfnLint')!, args, { encoding: 'utf8' });
    return stdout + stderr;
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

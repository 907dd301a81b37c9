import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { type StageSettings, stageSettings } from '../../infra/settings.ts';
import { installLinter } from './harness/cfnLint.ts';
import { copyWithSettings } from './harness/copy.ts';
import { type Account, openAccount, sstOf } from './harness/deploy.ts';
import { MANY, type Removed } from './stages.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The folder with one graph for each deployed stage, and what became of the removal. */
    graphs: string;
    /** The linter's program; null when it was switched off. */
    cfnLint: string | null;
  }
}

/** Deploys every stage once, one after the other, for all specs, and removes production again. */
export async function setup(project: TestProject): Promise<() => void> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'candlelake-graphs-'));
  const account = await openAccount();
  const folders = [folder];
  const copy = (settings: StageSettings) => {
    const path = copyWithSettings(settings);
    folders.push(path);
    return path;
  };
  const clean = () => {
    for (const path of folders) fs.rmSync(path, { recursive: true, force: true });
  };
  const save = (name: string, content: object) =>
    fs.writeFileSync(path.join(folder, `${name}.json`), JSON.stringify(content));
  try {
    save('development', await account.deploy('development'));
    const variables = { PARAMETERS: '{"/candlelake/moved/placement":"interval 5m in eu-west-1"}' };
    save('moved', await account.deploy('moved', { variables }));
    const existing = { table: 'restored-table', bucket: 'kept-bucket' };
    const restored = copy({ ...stageSettings('me'), existing });
    save('restored', await account.deploy('restored', { root: restored }));
    const production = copy({ ...stageSettings('me'), alerts: 'nobody' });
    save('production', await account.deploy('production', { root: production }));
    save('removed', await removeProduction(account, production));
    save('many', await account.deploy('many', { root: copy(MANY) }));
    project.provide('graphs', folder);
    project.provide('cfnLint', installLinter());
  } catch (error) {
    clean();
    throw error;
  } finally {
    await account.close();
  }
  return clean;
}

/** With sst alone, which refuses, and then with our own script. */
async function removeProduction(account: Account, root: string): Promise<Removed> {
  const refused = await account.run(sstOf(root), ['remove', '--stage', 'production'], { root });
  const args = ['run', 'aws:remove', '--', '--stage', 'production', '--keep-data', '--yes'];
  const script = await account.run('npm', args, { root });
  return { refused, script, before: account.registered().resources, deleted: account.deleted() };
}

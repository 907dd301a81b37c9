import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { installLinter } from './harness/cfnLint.ts';
import { copyWithSettings } from './harness/copy.ts';
import { deploy } from './harness/deploy.ts';
import { MANY } from './stages.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The folder with one graph for each deployed stage. */
    graphs: string;
    /** The linter's program; null when it was switched off. */
    cfnLint: string | null;
  }
}

/** Deploys every stage once, one after the other, for all specs. */
export async function setup(project: TestProject): Promise<() => void> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'candlelake-graphs-'));
  const copy = { path: '' };
  const clean = () => {
    for (const path of [folder, copy.path])
      if (path !== '') fs.rmSync(path, { recursive: true, force: true });
  };
  try {
    for (const stage of ['development', 'production']) save(folder, stage, await deploy(stage));
    copy.path = copyWithSettings(MANY);
    save(folder, 'many', await deploy('many', copy.path));
    project.provide('graphs', folder);
    project.provide('cfnLint', installLinter());
  } catch (error) {
    clean();
    throw error;
  }
  return clean;
}

function save(folder: string, stage: string, graph: object): void {
  fs.writeFileSync(path.join(folder, `${stage}.json`), JSON.stringify(graph));
}

import fs from 'node:fs';
import path from 'node:path';
import type { Resource } from './graph.ts';

/** The version of Pulumi that sst 4.17.1 was built with and insists on. */
export const PULUMI_VERSION = 'v3.215.0';

/**
 * Writes the state file in Pulumi's layout: sst reads outputs and hints from it. `stack` is
 * `organization/<app>/<stage>`.
 */
export function writeCheckpoint(stack: string, resources: readonly Resource[]): void {
  const [, project, stage] = stack.split('/');
  const file = path.join('.pulumi', 'stacks', project!, `${stage}.json`);
  const now = new Date().toISOString();
  const latest = {
    manifest: { time: now, magic: '', version: PULUMI_VERSION },
    resources: resources.map(({ urn, custom, type, id, parent, outputs }) => ({
      urn,
      custom,
      type,
      ...(custom ? { id } : {}),
      ...(parent ? { parent } : {}),
      inputs: {},
      outputs: custom ? {} : outputs,
      created: now,
      modified: now,
    })),
  };
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, JSON.stringify({ version: 3, checkpoint: { stack, latest } }));
}

import fs from 'node:fs';
import path from 'node:path';
import type { Resource } from './graph.ts';

/** The version of Pulumi that sst 4.17.1 was built with and insists on. */
export const PULUMI_VERSION = 'v3.215.0';

/** A resource as the state file keeps it. */
type Stored = Pick<Resource, 'urn' | 'type' | 'custom' | 'inputs' | 'protect' | 'retainOnDelete'>;

/**
 * Writes the state file in Pulumi's layout: sst reads outputs and hints from it. `stack` is
 * `organization/<app>/<stage>`.
 */
export function writeCheckpoint(stack: string, resources: readonly Resource[]): void {
  const file = fileOf(stack);
  const now = new Date().toISOString();
  const latest = {
    manifest: { time: now, magic: '', version: PULUMI_VERSION },
    resources: resources.map(
      ({ urn, custom, type, id, parent, inputs, outputs, protect, retainOnDelete }) => ({
        urn,
        custom,
        type,
        ...(custom ? { id } : {}),
        ...(parent ? { parent } : {}),
        ...(protect ? { protect } : {}),
        ...(retainOnDelete ? { retainOnDelete } : {}),
        inputs: custom ? inputs : {},
        outputs: custom ? {} : outputs,
        created: now,
        modified: now,
      }),
    ),
  };
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, JSON.stringify({ version: 3, checkpoint: { stack, latest } }));
}

/** The resources of the state file. */
export function readCheckpoint(stack: string): readonly Stored[] {
  return JSON.parse(fs.readFileSync(fileOf(stack), 'utf8')).checkpoint.latest.resources;
}

function fileOf(stack: string): string {
  const [, project, stage] = stack.split('/');
  return path.join('.pulumi', 'stacks', project!, `${stage}.json`);
}

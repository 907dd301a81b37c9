import fs from 'node:fs';
import { readCheckpoint, writeCheckpoint } from './checkpoint.ts';

type Stored = ReturnType<typeof readCheckpoint>[number];

/**
 * Stands in for `pulumi destroy`: fails for what the engine or AWS would refuse to delete, else writes the
 * names of the deleted resources to `DELETED_FILE`. A resource that is retained leaves the state and stays in
 * the account.
 */
export function destroy(stack: string, emit: (event: object) => void): number {
  const custom = readCheckpoint(stack).filter((resource) => resource.custom);
  const refusals = custom.flatMap((resource) => refusalOf(resource) ?? []);
  for (const message of refusals) emit({ diagnosticEvent: { message, color: 'never', severity: 'error' } });
  if (refusals.length > 0) return 1;
  const deleted = custom.filter(({ retainOnDelete }) => !retainOnDelete).map(nameOf);
  fs.writeFileSync(process.env.DELETED_FILE!, JSON.stringify(deleted));
  writeCheckpoint(stack, []);
  const summary = { maybeCorrupt: false, durationSeconds: 1, resourceChanges: { delete: deleted.length } };
  emit({ summaryEvent: summary });
  return 0;
}

/** Why a resource cannot be deleted; null when it can. A bucket and a workgroup in use are not empty. */
function refusalOf({ type, inputs, protect, retainOnDelete, ...resource }: Stored): string | null {
  const name = nameOf(resource);
  if (protect) return `resource "${name}" cannot be deleted because it is protected`;
  if (retainOnDelete) return null;
  if (type === 'aws:dynamodb/table:Table' && inputs.deletionProtectionEnabled)
    return `table "${name}" can't be deleted since it's protected`;
  const needsForce = ['aws:s3/bucket:Bucket', 'aws:athena/workgroup:Workgroup'].includes(type);
  return needsForce && !inputs.forceDestroy ? `"${name}" is not empty` : null;
}

function nameOf({ urn }: Pick<Stored, 'urn'>): string {
  return urn.split('::').at(-1)!;
}

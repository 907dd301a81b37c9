import { createHash } from 'node:crypto';
import { ENCODING, LAKE_TABLES, type LakeTable } from '@candlelake/core';

/** The SHA-256 of a table and of what encodes it: less than a twentieth of the time of an encoding. */
export function fingerprintOf({ name, length, metadata, columns }: LakeTable): string {
  const ordered = LAKE_TABLES[name].map((definition) => columns[definition.name]!);
  const texts = ordered.map((column) => ('texts' in column ? column.texts : null));
  const hash = createHash('sha256');
  // The length of the values that follow is known from this head.
  hash.update(JSON.stringify([ENCODING, name, length, metadata, texts]));
  for (const column of ordered) hash.update('texts' in column ? column.codes : column);
  return hash.digest('base64url');
}

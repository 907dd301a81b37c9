import type { LakeColumn, LakeTable, TextColumn } from '../ports.ts';

/** Rows as columns, of the lake or of a file for another program. */
export type ColumnRows = Pick<LakeTable, 'length' | 'columns'>;

/** Joins parts of one table, in order; the metadata is that of the first part. */
export function joinRows(parts: readonly [LakeTable, ...LakeTable[]]): LakeTable {
  const [first] = parts;
  if (parts.length === 1) return first;
  const columns = Object.keys(first.columns).map((name) => [
    name,
    joinColumns(parts.map((part) => part.columns[name]!)),
  ]);
  return {
    ...first,
    length: parts.reduce((sum, part) => sum + part.length, 0),
    columns: Object.fromEntries(columns),
  };
}

/** The rows from `from` to `to` (exclusive), as views of the same columns. */
export function sliceRows(table: ColumnRows, from: number, to: number): ColumnRows {
  // Columns may be longer than the table.
  const end = Math.min(to, table.length);
  const columns = Object.entries(table.columns).map(([name, column]) => [
    name,
    'texts' in column ? { ...column, codes: column.codes.subarray(from, end) } : column.subarray(from, end),
  ]);
  return { length: end - from, columns: Object.fromEntries(columns) };
}

function joinColumns(parts: readonly LakeColumn[]): LakeColumn {
  const [first] = parts;
  if (first instanceof Float64Array) return filled(parts as readonly Float64Array[], Float64Array);
  if (first instanceof Int32Array) return filled(parts as readonly Int32Array[], Int32Array);
  return joinTexts(parts as readonly TextColumn[]);
}

function filled<T extends Float64Array | Int32Array>(
  parts: readonly T[],
  Type: new (length: number) => T,
): T {
  const joined = new Type(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

function joinTexts(parts: readonly TextColumn[]): TextColumn {
  const codes = new Uint16Array(parts.reduce((sum, part) => sum + part.codes.length, 0));
  const codeOf = new Map<string | null, number>();
  let at = 0;
  for (const part of parts) {
    const recoded = part.texts.map((text) => codeFor(codeOf, text));
    for (const code of part.codes) codes[at++] = recoded[code]!;
  }
  return { texts: [...codeOf.keys()], codes };
}

function codeFor(codeOf: Map<string | null, number>, text: string | null): number {
  const known = codeOf.get(text);
  if (known !== undefined) return known;
  codeOf.set(text, codeOf.size);
  return codeOf.size - 1;
}

import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { computeDay, type LakeTable } from '@candlelake/core';
import { encode } from '../support/encoder.ts';
import { DAY, DAY_ONE, SETTINGS } from '../support/lake.ts';
import { createSeededRandom } from '../support/seededRandom.ts';
import { type AuditedLake, signal } from './lake.ts';
import { rowsOf } from './rows.ts';

/** One way to damage a lake. Returns the paths of which an audit has to find something. */
type Corruption = (lake: CorruptibleLake) => readonly string[];

interface CorruptibleLake {
  readonly root: string;
  /** All objects, sorted. */
  readonly paths: readonly string[];
  /** The right rows of each object. */
  readonly tables: ReadonlyMap<string, LakeTable>;
  readonly random: () => number;
}

export const CORRUPTIONS: Readonly<Record<string, Corruption>> = {
  bit: (lake) =>
    edit(lake, (bytes) => {
      bytes[pick(lake, bytes.length)]! ^= 1 << pick(lake, 8);
      return bytes;
    }),
  bytes: (lake) =>
    edit(lake, (bytes) => {
      const from = pick(lake, bytes.length);
      for (let at = from; at < Math.min(bytes.length, from + 1 + pick(lake, 64)); at++) {
        bytes[at] = (bytes[at]! + 1 + pick(lake, 255)) % 256;
      }
      return bytes;
    }),
  truncation: (lake) => edit(lake, (bytes) => bytes.subarray(0, pick(lake, bytes.length))),
  growth: (lake) => edit(lake, (bytes) => Buffer.concat([bytes, Buffer.alloc(1 + pick(lake, 100))])),
  'changed row': (lake) => rewrite(lake, (table) => changeValue(table, lake)),
  'lost row': (lake) =>
    rewrite(lake, (table) => rowsOf(table, without(order(table), pick(lake, table.length)))),
  'repeated row': (lake) =>
    rewrite(lake, (table) => {
      const row = pick(lake, table.length);
      return rowsOf(table, order(table).toSpliced(row, 0, row));
    }),
  'moved row': (lake) =>
    rewrite(lake, (table) => {
      const row = pick(lake, table.length);
      const others = without(order(table), row);
      return rowsOf(
        table,
        others.toSpliced((row + 1 + pick(lake, others.length - 1)) % table.length, 0, row),
      );
    }),
  'lost file': ({ root, ...lake }) => {
    const path = chosen(lake, lake.paths);
    rmSync(join(root, path));
    return [path];
  },
  'renamed file': ({ root, ...lake }) => {
    const path = chosen(lake, lake.paths);
    renameSync(join(root, path), join(root, `${path}.old`));
    return [path, `${path}.old`];
  },
  'copied file': ({ root, ...lake }) => {
    const path = chosen(lake, lake.paths);
    const copy = path.replace(/date=[\d-]+/, `date=20${10 + pick(lake, 10)}-01-01`);
    mkdirSync(dirname(join(root, copy)), { recursive: true });
    copyFileSync(join(root, path), join(root, copy));
    return [copy];
  },
  'new file': ({ root, ...lake }) => {
    const path = chosen(lake, ['notes.txt', 'bars/.DS_Store', 'candles/a b.parquet', '.hidden']);
    writeFileSync(join(root, path), String(lake.random()));
    return [path];
  },
  swap: ({ root, ...lake }) => {
    const [one, other] = [chosen(lake, lake.paths), chosen(lake, lake.paths)] as const;
    if (one === other) return CORRUPTIONS.bit!({ root, ...lake });
    const bytes = [one, other].map((path) => readFileSync(join(root, path)));
    writeFileSync(join(root, one), bytes[1]!);
    writeFileSync(join(root, other), bytes[0]!);
    return [one, other].sort();
  },
};

export interface CorruptionRun {
  readonly rounds: number;
  /** Rounds in which the findings were not exactly what was damaged, one line each. */
  readonly failures: readonly string[];
  readonly byKind: Readonly<Record<string, number>>;
}

/** Damages a lake at random, audits it and puts it back, `rounds` times. Leaves the lake as it was. */
export async function runCorruptions(
  lake: AuditedLake,
  { rounds, seed }: { readonly rounds: number; readonly seed: number },
): Promise<CorruptionRun> {
  const random = createSeededRandom(seed);
  const intact = await readLake(lake);
  const byKind: Record<string, number> = {};
  const failures: string[] = [];
  const kinds = Object.keys(CORRUPTIONS);
  for (let round = 0; round < rounds; round++) {
    // Each kind in turn; the rest is up to chance.
    const kind = kinds[round % kinds.length]!;
    const damaged = CORRUPTIONS[kind]!({ ...intact, random });
    const found = await lake.findings();
    byKind[kind] = (byKind[kind] ?? 0) + 1;
    if (String(found) !== String(damaged)) {
      failures.push(`seed ${seed} round ${round}, ${kind}: damaged ${damaged}, found ${found}`);
    }
    restore(lake, intact);
  }
  const alarms = await lake.findings();
  if (alarms.length > 0) failures.push(`seed ${seed}: an intact lake has findings: ${alarms}`);
  return { rounds, failures, byKind };
}

interface IntactLake extends Omit<CorruptibleLake, 'random'> {
  readonly files: ReadonlyMap<string, Buffer>;
}

async function readLake({ root, ports }: AuditedLake): Promise<IntactLake> {
  const paths = await ports.listFiles();
  const tables = new Map<string, LakeTable>();
  for (const day of [0, 1, 2].map((offset) => DAY_ONE + offset * DAY)) {
    const rows = await computeDay(ports, SETTINGS, { day, signal });
    for (const [path, table] of rows.tables) tables.set(path, table!);
  }
  return { root, paths, tables, files: new Map(paths.map((path) => [path, readFileSync(join(root, path))])) };
}

function restore({ root }: AuditedLake, { files }: IntactLake): void {
  rmSync(root, { recursive: true });
  for (const [path, bytes] of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), bytes);
  }
}

type Choosing = Pick<CorruptibleLake, 'random'>;

function pick({ random }: Choosing, count: number): number {
  return Math.floor(random() * count);
}

function chosen<T>(lake: Choosing, values: readonly T[]): T {
  return values[pick(lake, values.length)]!;
}

function edit(
  { root, paths, ...lake }: CorruptibleLake,
  change: (bytes: Buffer) => Buffer,
): readonly string[] {
  const path = chosen(lake, paths);
  writeFileSync(join(root, path), change(readFileSync(join(root, path))));
  return [path];
}

/** Writes a valid file with other rows. */
function rewrite(
  { root, paths, tables, ...lake }: CorruptibleLake,
  change: (table: LakeTable) => LakeTable,
): readonly string[] {
  const path = chosen(lake, paths);
  writeFileSync(join(root, path), encode(change(tables.get(path)!)));
  return [path];
}

function order({ length }: LakeTable): readonly number[] {
  return Array.from({ length }, (_, row) => row);
}

function without(rows: readonly number[], row: number): readonly number[] {
  return rows.filter((one) => one !== row);
}

/** The table with one number changed, by the smallest step where it is a double. */
function changeValue(table: LakeTable, lake: Choosing): LakeTable {
  const names = Object.keys(table.columns).filter((name) => !('texts' in table.columns[name]!));
  const name = chosen(lake, names);
  const column = (table.columns[name] as Float64Array | Int32Array).slice();
  const row = pick(lake, table.length);
  const value = column[row]!;
  column[row] = Number.isNaN(value) ? 0 : value + Math.max(1, Math.abs(value)) * 2 ** -40;
  if (column instanceof Int32Array || column[row] === value) column[row] = value + 1;
  return { ...table, columns: { ...table.columns, [name]: column } };
}

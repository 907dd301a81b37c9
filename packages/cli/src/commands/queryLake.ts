import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { ConfigError, type Settings } from '@candlelake/core';
import { openLakeDatabase } from '../query/duckDb.ts';
import { viewStatements } from '../query/lakeViews.ts';
import { readStatements } from '../query/prompt.ts';
import type { QueryFormat } from '../query/queryFormats.ts';
import { writeAnswers } from '../query/queryOutput.ts';
import { lakeRoot } from '../wire.ts';
import type { CommandContext } from './commandContext.ts';

export interface QueryOptions {
  readonly format: QueryFormat;
  /** A file with the query; `-` is standard input. */
  readonly file?: string;
  readonly printViews?: boolean;
}

/**
 * Answers a query over the lake with DuckDB. Without a query it is read from standard input, at a terminal
 * with a prompt. Reads the files only: a stream may write meanwhile.
 */
export async function queryLake(
  query: string | undefined,
  options: QueryOptions & { readonly settings: Settings },
  { lines }: CommandContext,
): Promise<void> {
  const { settings, format, file, printViews = false } = options;
  const root = existingRoot(settings);
  if (printViews) {
    for (const statement of viewStatements(root)) lines.write(statement);
    return;
  }
  const sql = await readQuery(query, file);
  const database = await openLakeDatabase(root);
  try {
    const run = (statements: string) => writeAnswers(database, { sql: statements, format, lines });
    if (sql !== null) return await run(sql);
    const { stdin: input, stdout: output } = process;
    const historyPath = join(homedir(), '.candlelake_history');
    await readStatements({ input, output, historyPath, run, interrupt: database.interrupt });
  } finally {
    database.close();
  }
}

function existingRoot({ output }: Settings): string {
  const root = resolve(lakeRoot(output));
  if (existsSync(root)) return root;
  throw new ConfigError(`--output "${output}": no lake in it, expected the folder of a stream`);
}

/** The SQL that was given; null when it is to be asked for. */
async function readQuery(query: string | undefined, file: string | undefined): Promise<string | null> {
  if (query !== undefined && file !== undefined)
    throw new ConfigError(`--file "${file}": expected either a file or a query`);
  if (query !== undefined) return query;
  if (file === undefined && process.stdin.isTTY) return null;
  if (file === undefined || file === '-') return text(process.stdin);
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new ConfigError(`--file "${file}": can't be read, expected a file with SQL`, { cause });
  }
}

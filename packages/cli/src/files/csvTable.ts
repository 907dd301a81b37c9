import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { pipeline } from 'node:stream';
import { ConfigError } from '@candlelake/core';
import { CsvError, parse } from 'csv-parse';

/** A record of a CSV file, with the line on which it ends, from 1. */
export interface CsvRecord {
  readonly line: number;
  readonly values: readonly string[];
}

/** A row of candles has about 100 characters; a file with longer records than this is refused. */
const MAX_RECORD_CHARACTERS = 65_536;
/** Enough for a header. */
const HEAD_BYTES = 65_536;

const DELIMITERS = [',', ';', '\t'] as const;

/** What separates the values of a file: the most frequent of comma, semicolon and tab in its first line. */
function delimiterOf(path: string): string {
  const [line = ''] = readHead(path).split('\n');
  const counts = DELIMITERS.map((character) => line.split(character).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))]!;
}

/** The first bytes of a file as text. Throws ConfigError for a file that can't be read. */
function readHead(path: string): string {
  try {
    const descriptor = openSync(path, 'r');
    try {
      const bytes = Buffer.alloc(HEAD_BYTES);
      const length = readSync(descriptor, bytes, 0, HEAD_BYTES, 0);
      return bytes.toString('utf8', 0, length);
    } finally {
      closeSync(descriptor);
    }
  } catch (cause) {
    throw fileProblem(path, cause);
  }
}

/**
 * Streams the records of a CSV file, the header too. Blank lines and rows of delimiters, as Excel writes
 * them at the end, are left out. Throws ConfigError, with the line where possible, for a file that can't be
 * read or is no CSV.
 */
export async function* readCsv(path: string): AsyncGenerator<CsvRecord> {
  const parser = parse({
    bom: true,
    delimiter: delimiterOf(path),
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_empty_values: true,
    trim: true,
    max_record_size: MAX_RECORD_CHARACTERS,
  });
  const rows = pipeline(createReadStream(path), parser, () => {});
  try {
    for await (const { record, info } of rows) yield { line: info.lines, values: record };
  } catch (cause) {
    throw fileProblem(path, cause);
  }
}

function fileProblem(path: string, error: unknown): unknown {
  if (error instanceof CsvError) {
    const line = 'lines' in error ? ` line ${error.lines}` : '';
    const reason = error.message.split('\n')[0];
    return new ConfigError(`"${path}"${line}: not a CSV with a header: ${reason}`, { cause: error });
  }
  if (error instanceof Error && 'code' in error) {
    return new ConfigError(`"${path}": can't be read (${error.code}), expected a CSV file`, { cause: error });
  }
  return error;
}

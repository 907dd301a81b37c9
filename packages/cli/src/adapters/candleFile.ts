import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { ConfigError, type ImportRow } from '@candlelake/core';
import { CsvError, parse } from 'csv-parse';

const COLUMNS = ['open_time_ms', 'open', 'high', 'low', 'close', 'volume'] as const;

/** A row of candles has about 100 characters; a file with longer records than this is refused. */
const MAX_RECORD_CHARACTERS = 65_536;

const ROWS_PER_CALL = 1_000;

/**
 * Streams the rows of a CSV file with a header, as text. The six columns may be in any order; others are
 * ignored. `onRead` is called now and then with the number of bytes that were read. Throws ConfigError, with
 * the line where possible, for a file that can't be read or is not such a CSV.
 */
export async function* readCandleFile(
  path: string,
  onRead: (bytes: number) => void = () => {},
): AsyncGenerator<ImportRow> {
  const parser = parse({
    bom: true,
    columns: (header: string[]) => checkedHeader(path, header),
    info: true,
    skip_empty_lines: true,
    // Excel ends a file with rows of commas.
    skip_records_with_empty_values: true,
    trim: true,
    max_record_size: MAX_RECORD_CHARACTERS,
  });
  const file = createReadStream(path);
  const rows = pipeline(file, parser, () => {});
  let count = 0;
  try {
    for await (const { record, info } of rows) {
      const { open_time_ms: openTime, open, high, low, close, volume } = record;
      yield { line: info.lines, openTime, open, high, low, close, volume };
      if (++count % ROWS_PER_CALL === 0) onRead(file.bytesRead);
    }
  } catch (cause) {
    throw fileProblem(path, cause);
  }
}

function checkedHeader(path: string, header: string[]): string[] {
  for (const column of COLUMNS) {
    const count = header.filter((name) => name === column).length;
    if (count === 1) continue;
    const fault = count === 0 ? 'missing' : 'given twice';
    throw new ConfigError(
      `"${path}" line 1: column "${column}" is ${fault}, expected a header with ${COLUMNS.join(',')}`,
    );
  }
  return header;
}

function wrongWidth(path: string, error: CsvError): ConfigError {
  const { lines, record, columns } = error as CsvError & CsvRecordPlace;
  const names = columns.map(({ name }) => name).join();
  return new ConfigError(
    `"${path}" line ${lines}: ${record.length} values, expected the ${columns.length} of the header: ${names}`,
    { cause: error },
  );
}

/** What csv-parse adds to an error of a record. */
interface CsvRecordPlace {
  readonly lines: number;
  readonly record: readonly string[];
  readonly columns: readonly { readonly name: string }[];
}

function fileProblem(path: string, error: unknown): unknown {
  if (error instanceof CsvError) {
    const line = 'lines' in error ? ` line ${error.lines}` : '';
    if (error.code === 'CSV_RECORD_INCONSISTENT_COLUMNS') return wrongWidth(path, error);
    const reason = error.message.split('\n')[0];
    return new ConfigError(`"${path}"${line}: not a CSV with a header: ${reason}`, { cause: error });
  }
  if (error instanceof Error && 'code' in error) {
    return new ConfigError(`"${path}": can't be read (${error.code}), expected a CSV file`, { cause: error });
  }
  return error;
}

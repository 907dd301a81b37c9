import { ConfigError } from '@candlelake/core';

/** A record of a CSV file, with the line on which it begins, from 1. */
export interface CsvRecord {
  readonly line: number;
  /** Without the blanks around them. */
  readonly values: readonly string[];
}

/** A row of candles has about 100 characters; a file with longer records than this is refused. */
const MAX_RECORD_CHARACTERS = 65_536;

/** Small enough for the rows of a batch to be garbage before V8 moves them to its old generation. */
const BATCH_LINES = 64;

const DELIMITERS = [',', ';', '\t'] as const;

/**
 * The records of a CSV file, the header too, in batches as they are read. The delimiter is the most frequent
 * of comma, semicolon and tab in the first line. Blank lines and rows of delimiters, as Excel writes them at
 * the end, are left out. Throws ConfigError, with the line, for what is no CSV.
 */
export async function* readCsv(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<readonly CsvRecord[]> {
  const records = createRecordReader(name);
  for await (const lines of linesOf(chunks, name)) {
    const batch = lines.flatMap((line) => records.add(line) ?? []);
    if (batch.length > 0) yield batch;
  }
  records.end();
}

/** The lines of a text in batches; they end with LF, CR LF or CR. */
async function* linesOf(chunks: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<readonly string[]> {
  const decoder = new TextDecoder();
  let rest = '';
  let count = 0;
  for await (const bytes of chunks) {
    let text = rest + decoder.decode(bytes, { stream: true });
    // The LF of a CR at the end may follow.
    const isSplit = text.endsWith('\r');
    if (isSplit) text = text.slice(0, -1);
    const lines = (text.includes('\r') ? text.replaceAll(/\r\n?/g, '\n') : text).split('\n');
    rest = lines.pop()! + (isSplit ? '\r' : '');
    count += lines.length;
    if (rest.length > MAX_RECORD_CHARACTERS) throw tooLong(name, count + 1);
    for (let at = 0; at < lines.length; at += BATCH_LINES) yield lines.slice(at, at + BATCH_LINES);
  }
  yield (rest + decoder.decode()).split(/\r\n?|\n/);
}

interface RecordReader {
  /** Takes the next line; returns the record that it ends, null for none. */
  add(line: string): CsvRecord | null;
  /** Throws when the last record has no end. */
  end(): void;
}

function createRecordReader(name: string): RecordReader {
  let delimiter: string | null = null;
  let number = 0;
  /** The lines of a record that has an open quote. */
  let open: { readonly line: number; text: string } | null = null;

  function record(line: number, text: string): CsvRecord | null {
    if (text === '') return null;
    delimiter ??= delimiterOf(text);
    const values = text.includes('"') ? quotedValues(text, delimiter) : plainValues(text, delimiter);
    if (values === 'open quote') {
      open = { line, text };
      return null;
    }
    if (values === 'stray quote') throw notCsv(name, line, 'a quote inside a value');
    return values.some((value) => value !== '') ? { line, values } : null;
  }

  return {
    add(text) {
      number += 1;
      const from: number = open?.line ?? number;
      const whole: string = open ? `${open.text}\n${text}` : text;
      open = null;
      if (whole.length > MAX_RECORD_CHARACTERS) throw tooLong(name, from);
      return record(from, whole);
    },
    end() {
      if (open) throw notCsv(name, open.line, 'a quote that does not end');
    },
  };
}

function delimiterOf(line: string): string {
  const counts = DELIMITERS.map((character) => line.split(character).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))]!;
}

function plainValues(text: string, delimiter: string): string[] {
  const values = text.split(delimiter);
  return /[^\S\n]/.test(text) ? values.map((value) => value.trim()) : values;
}

/** The values of a record with quotes: RFC 4180, with blanks around quoted values. */
function quotedValues(text: string, delimiter: string): string[] | 'open quote' | 'stray quote' {
  const values: string[] = [];
  let at = 0;
  for (;;) {
    while (text[at] === ' ') at += 1;
    if (text[at] === '"') {
      const end = endOfQuoted(text, at);
      if (end === null) return 'open quote';
      values.push(
        text
          .slice(at + 1, end)
          .replaceAll('""', '"')
          .trim(),
      );
      at = end + 1;
      while (text[at] === ' ') at += 1;
      if (at < text.length && text[at] !== delimiter) return 'stray quote';
    } else {
      const found = text.indexOf(delimiter, at);
      const end = found < 0 ? text.length : found;
      const value = text.slice(at, end);
      if (value.includes('"')) return 'stray quote';
      values.push(value.trim());
      at = end;
    }
    if (at >= text.length) return values;
    at += 1;
  }
}

/** The place of the quote that ends a value; null when there is none. */
function endOfQuoted(text: string, start: number): number | null {
  for (let at = start + 1; ; at += 2) {
    at = text.indexOf('"', at);
    if (at < 0) return null;
    if (text[at + 1] !== '"') return at;
  }
}

function notCsv(name: string, line: number, reason: string): ConfigError {
  return new ConfigError(`"${name}" line ${line}: not a CSV with a header: ${reason}`);
}

function tooLong(name: string, line: number): ConfigError {
  return notCsv(name, line, `a record of more than ${MAX_RECORD_CHARACTERS} characters`);
}

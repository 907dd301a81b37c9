import { ConfigError } from '@candlelake/core';
import type { CsvRecord } from './csvTable.ts';

/** A row has about 100 characters; a file with longer ones is refused. */
const MAX_ROW_CHARACTERS = 65_536;

/**
 * The rows of a JSON array of arrays, as ccxt and freqtrade write candles, in batches as they are read. Their
 * `line` is the number of the row, from 1. Throws ConfigError, with the row, for any other JSON.
 */
export async function* readJsonRows(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<readonly CsvRecord[]> {
  const decoder = new TextDecoder();
  let text = '';
  let count = 0;
  let state: 'start' | 'row' | 'next' | 'end' = 'start';
  for await (const bytes of chunks) {
    text += decoder.decode(bytes, { stream: true });
    const batch: CsvRecord[] = [];
    let at = 0;
    for (;;) {
      PARTS[state].lastIndex = at;
      const match = PARTS[state].exec(text);
      if (!match) break;
      at = PARTS[state].lastIndex;
      if (state === 'row' && match[1] !== undefined)
        batch.push({ line: ++count, values: valuesOf(match[1]) });
      state = nextState(state, match[0]);
    }
    text = text.slice(at);
    if (text.length > MAX_ROW_CHARACTERS) throw notRows(name, count + 1);
    if (batch.length > 0) yield batch;
  }
  if (state !== 'end' || text.trim() !== '') throw notRows(name, count + 1);
}

const PARTS = {
  start: /\s*\[/y,
  /** A row, or the end of an array without rows. */
  row: /\s*(?:\[([^[\]]*)\]|\])/y,
  next: /\s*[,\]]/y,
  end: /(?!)/y,
};

function nextState(state: keyof typeof PARTS, found: string): keyof typeof PARTS {
  if (state === 'start') return 'row';
  if (state === 'row') return found.trim() === ']' ? 'end' : 'next';
  return found.trim() === ',' ? 'row' : 'end';
}

function valuesOf(text: string): readonly string[] {
  return text.split(',').map((value) => value.trim().replace(/^"(.*)"$/, '$1'));
}

function notRows(name: string, row: number): ConfigError {
  return new ConfigError(
    `"${name}" row ${row}: expected JSON such as [[time, open, high, low, close, volume], …]`,
  );
}

import { type FileHandle, open } from 'node:fs/promises';
import { ConfigError } from '@candlelake/core';
import { CompressionType, compressionRegistry, RecordBatchReader } from 'apache-arrow';
import type { CsvRecord } from './csvTable.ts';
import { FEATHER_MAGIC } from './dataFile.ts';
import { unpackLz4Frame } from './lz4Frame.ts';

compressionRegistry.set(CompressionType.LZ4_FRAME, { decode: unpackLz4Frame });

/**
 * The rows of a Feather file, as freqtrade and pandas write it, in batches as they are read; the first record
 * is the names of the columns. Their `line` is the number of the row, from 1. Times become epoch ms. Throws
 * ConfigError for a file that is damaged or packed otherwise than with LZ4.
 */
export async function* readFeatherRows(path: string): AsyncGenerator<readonly CsvRecord[]> {
  const file = await open(path);
  try {
    if (!(await endsWithMagic(file))) throw new Error('it is damaged or cut off');
    const reader = await RecordBatchReader.from(file);
    await reader.open();
    const names = reader.schema.fields.map(({ name }) => name);
    yield [{ line: 0, values: names }];
    let count = 0;
    for await (const batch of reader) {
      const columns = names.map((name) => batch.getChild(name));
      yield Array.from({ length: batch.numRows }, (_, row) => {
        count += 1;
        return { line: count, values: columns.map((column) => String(column?.get(row) ?? '')) };
      });
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw new ConfigError(`"${path}": can't be read as Feather: ${reason}`, { cause });
  } finally {
    await file.close().catch(() => {});
  }
}

async function endsWithMagic(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat();
  const end = Buffer.alloc(FEATHER_MAGIC.length);
  await file.read(end, 0, end.length, Math.max(0, size - end.length));
  return end.toString('latin1') === FEATHER_MAGIC;
}

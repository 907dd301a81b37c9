import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BadDataError, type LakeTable } from '@candlelake/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeParquet } from '../../packages/cli/src/adapters/parquetFile.ts';
import { ROOT } from '../cli/program.ts';
import { encode } from '../support/encoder.ts';
import { runs } from './runs.ts';

const GOLDEN = ['candles', 'bars', 'coverage'].map(
  (name) => new Uint8Array(readFileSync(join(ROOT, `tests/golden/${name}.parquet`))),
);

/** A file with this footer and nothing else. */
function withFooter(footer: Uint8Array): Uint8Array {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  return Buffer.concat([Buffer.from('PAR1'), footer, length, Buffer.from('PAR1')]);
}

/** Field 1 as a list, 32 million long by its head, whose only element is such a list again. */
const nestedLists = (depth: number) =>
  Buffer.concat([Buffer.from([0x19]), ...Array(depth).fill(Buffer.from([0xf9, 0x80, 0x80, 0x80, 0x10]))]);

/** A table of equal rows, which compress to next to nothing. */
function constantCoverage(length: number): LakeTable {
  const text = (value: string) => ({ texts: [value], codes: new Uint16Array(length) });
  const counts = ['expected', 'final', 'provisional', 'quiet', 'unavailable', 'missing'];
  return {
    name: 'coverage',
    length,
    columns: {
      ...{ market: text('swap'), symbol: text('BTC-USDT') },
      ...Object.fromEntries(counts.map((name) => [name, new Int32Array(length)])),
      first_missing: new Float64Array(length).fill(Number.NaN),
    },
    metadata: { schemaVersion: 1, derivationVersion: 1 },
  };
}

describe('a hostile file of the lake', () => {
  it.each([
    ['lists of lists that claim 268 million elements each', withFooter(nestedLists(200))],
    ['a list of more elements than it has bytes', withFooter(Buffer.from([0x19, 0xf3, 0xff, 0xff, 0x7f, 0]))],
    ['structs in structs', withFooter(Buffer.alloc(100_000, 0x1c))],
    [
      'a number of a million bytes',
      withFooter(Buffer.concat([Buffer.from([0x16]), Buffer.alloc(1e6, 0xff)])),
    ],
    ['a text longer than the file', withFooter(Buffer.from([0x18, 0xff, 0xff, 0xff, 0xff, 0x0f]))],
    ['a footer longer than the file', Buffer.from('PAR1\xff\xff\xff\x7fPAR1', 'latin1')],
    ['seven bytes', Buffer.from('PAR1PAR')],
    ['no bytes', Buffer.alloc(0)],
  ])('with %s is refused, with no memory taken for what it claims', async (_, bytes) => {
    const before = process.memoryUsage().rss;
    await expect(decodeParquet(bytes)).rejects.toThrow(BadDataError);
    // The smallest claim above would take 2 GB.
    expect(process.memoryUsage().rss - before).toBeLessThan(500_000_000);
  });

  it('is refused for more rows than its bytes can hold, which a real table never has', async () => {
    const bytes = encode(constantCoverage(900_000));
    expect(bytes.length).toBeLessThan(225_000);
    await expect(decodeParquet(bytes)).rejects.toThrow('the footer counts 900000 rows');
    expect((await decodeParquet(encode(constantCoverage(2_000)))).length).toBe(2_000);
  });

  it('is refused or read, whatever is changed in a golden one', async () => {
    const edit = fc.record({ at: fc.nat(), byte: fc.nat({ max: 255 }), isInFooter: fc.boolean() });
    const file = fc.record({
      index: fc.nat({ max: 2 }),
      edits: fc.array(edit, { minLength: 1, maxLength: 6 }),
    });
    await fc.assert(
      fc.asyncProperty(file, async ({ index, edits }) => {
        const bytes = Buffer.from(GOLDEN[index]!);
        for (const { at, byte, isInFooter } of edits) {
          const start = isInFooter ? bytes.length - 8 - bytes.readUInt32LE(bytes.length - 8) : 0;
          bytes[start + (at % (bytes.length - start))] = byte;
        }
        const table = await decodeParquet(bytes).catch((error: unknown) => {
          expect(error).toBeInstanceOf(BadDataError);
          return null;
        });
        expect(table?.length ?? 0).toBeLessThan(bytes.length * 4);
      }),
      runs(600),
    );
  });
});

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { deriveGoldenLake, GOLDEN_OBJECTS } from './support/goldenLake.ts';
import { queryDuckDb, readFooter, readRows } from './support/readParquet.ts';

const FOLDER = new URL('./golden/', import.meta.url);
const NAMES = Object.keys(GOLDEN_OBJECTS) as (keyof typeof GOLDEN_OBJECTS)[];

const fileOf = (name: string) => new URL(name, FOLDER);
const metadataOf = (bytes: Uint8Array) =>
  readFooter(bytes).key_value_metadata!.filter(({ key }) => key !== 'ARROW:schema');

/** `npm run golden`: writes what the code derives now; the difference is for a human to read. */
async function writeGolden(): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  const lake = await deriveGoldenLake();
  for (const name of NAMES) {
    writeFileSync(fileOf(`${name}.parquet`), lake[name]);
    const rows = (await readRows(lake[name])).map((row) => `    ${JSON.stringify(row)}`);
    const metadata = JSON.stringify(metadataOf(lake[name]));
    const text = `{\n  "metadata": ${metadata},\n  "rows": [\n${rows.join(',\n')}\n  ]\n}\n`;
    writeFileSync(fileOf(`${name}.json`), text);
  }
}

beforeAll(async () => {
  if (process.env.GOLDEN === 'write') await writeGolden();
});

describe.each(NAMES)('the golden %s', (name) => {
  const golden = () => new Uint8Array(readFileSync(fileOf(`${name}.parquet`)));
  const expected = () => JSON.parse(readFileSync(fileOf(`${name}.json`), 'utf8'));

  test('are byte for byte what is derived today: else raise the schema or the derivation version', async () => {
    expect(Buffer.from((await deriveGoldenLake())[name]).equals(golden())).toBe(true);
  });

  test('hold the rows and the metadata that are written beside them, as hyparquet reads them', async () => {
    expect(await readRows(golden())).toEqual(expected().rows);
    expect(metadataOf(golden())).toEqual(expected().metadata);
  });

  test('hold the rows that are written beside them, as DuckDB reads them', async () => {
    expect(await queryDuckDb(`SELECT * FROM '${fileURLToPath(fileOf(`${name}.parquet`))}'`)).toEqual(
      expected().rows,
    );
  });
});

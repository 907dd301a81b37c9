import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encode } from '../support/encoder.ts';
import { createTestLake, listPaths } from '../support/lake.ts';
import { overLake } from '../support/lakeViews.ts';
import {
  DAYS_BACK,
  datesIn,
  datesUntil,
  fillStore,
  isDated,
  QUERIES,
  QUERY_SETTINGS,
  type QueryAnswers,
} from '../support/queryLake.ts';

/** At two o'clock it is still yesterday in New York, at eight in the evening already tomorrow in Tokyo. */
const TIMES = ['2026-11-22T02:00:00Z', '2026-11-22T20:00:00Z'] as const;
const ZONES = ['UTC', 'Asia/Tokyo', 'America/New_York'] as const;
const AS_OF = Date.parse('2026-11-22T20:00:00Z');
const folder = mkdtempSync(join(tmpdir(), 'candlelake-zones-'));

beforeAll(async () => {
  const { store, objects, derive } = await createTestLake(QUERY_SETTINGS, AS_OF, encode);
  await fillStore(store, AS_OF);
  await derive();
  for (const path of await listPaths(objects)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), (await objects.read(path))!);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The rows of every saved query at an instant, in a process whose host has the time zone. */
function askIn(zone: string, time: string, textKeys = true): QueryAnswers {
  const sql = QUERIES.map((query) =>
    overLake(query.sql.replaceAll('current_timestamp', `TIMESTAMPTZ '${time}'`), { root: folder, textKeys }),
  );
  const options = {
    env: { ...process.env, TZ: zone },
    input: JSON.stringify(sql),
    encoding: 'utf8',
  } as const;
  const output = JSON.parse(execFileSync(process.execPath, ['tests/deploy/processes/queryLake.ts'], options));
  expect(output.zone).toBe(zone);
  return Object.fromEntries(QUERIES.map(({ id }, index) => [id, output.answers[index]])) as QueryAnswers;
}

test.each(TIMES)('at %s every host is shown the UTC days that the descriptions name', (time) => {
  const [answers, ...others] = ZONES.map((zone) => askIn(zone, time));
  for (const { id } of QUERIES) {
    if (isDated(id))
      expect(datesIn(id, answers![id]), id).toEqual(datesUntil(Date.parse(time), DAYS_BACK[id]));
  }
  // 96 slots a day, 80 of the last one up to 20:00; ETH-USDT lacks one a day.
  expect(answers!.Completeness).toEqual([
    {
      market: 'swap',
      symbol: 'ETH-USDT',
      slots: 30 * 96 + 80,
      missing: 31,
      percent_settled: (1e2 * 2929) / 2960,
    },
    { market: 'swap', symbol: 'BTC-USDT', slots: 30 * 96 + 80, missing: 0, percent_settled: 100 },
  ]);
  for (const [index, other] of others.entries()) expect(other, ZONES[index + 1]).toEqual(answers);
});

test('the rows are the same where DuckDB reads the partition keys as dates', () => {
  const [text, date] = [true, false].map((textKeys) => askIn('Asia/Tokyo', TIMES[1], textKeys));
  for (const { id } of QUERIES) {
    const rows = date![id].map((row) => ('date' in row ? { ...row, date: dateOf(row.date) } : row));
    expect(rows, id).toEqual(text![id]);
  }
});

function dateOf(value: string | number | null | undefined): string {
  return new Date(value!).toISOString().slice(0, 10);
}

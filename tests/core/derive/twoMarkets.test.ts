import { type ApiRequest, answerRequest, type Market, seriesKey } from '@candlelake/core';
import { fc, test as property } from '@fast-check/vitest';
import { expect } from 'vitest';
import { decodeParquet } from '../../../packages/cli/src/adapters/parquetFile.ts';
import { readLakeCandles } from '../../../packages/core/src/audit/lakeCandles.ts';
import { apiPortsOf } from '../../support/apiPorts.ts';
import { encode } from '../../support/encoder.ts';
import {
  COARSE,
  COARSE_SLOT,
  createTestLake,
  DAY,
  DAY_ONE,
  listPaths,
  shapedCandle,
  type TestLake,
} from '../../support/lake.ts';

const DAYS = 2;
const MARKETS = ['swap', 'spot'] as const;

type Shapes = Readonly<Record<Market, readonly (readonly [slot: number, shape: number])[]>>;

const slots = fc.uniqueArray(
  fc.tuple(fc.integer({ min: 0, max: DAYS * 12 - 1 }), fc.integer({ min: 0, max: 400 })),
  { selector: ([slot]) => slot, minLength: 1, maxLength: DAYS * 12 },
);

/** A derived lake with candles of the same symbol in these markets. */
async function lakeOf(shapes: Shapes, markets: readonly Market[]): Promise<TestLake> {
  const lake = await createTestLake(COARSE, DAY_ONE + DAYS * DAY, encode);
  for (const market of markets) {
    const candles = shapes[market].map(([slot, shape]) => shapedCandle(DAY_ONE + slot * COARSE_SLOT, shape));
    await lake.store.merge([{ series: { market, symbol: 'BTC-USDT', interval: '2h' }, candles }]);
  }
  await lake.derive();
  return lake;
}

/** The rows of a market in every object of the lake, as a foreign reader finds them. */
async function rowsIn({ objects }: TestLake, market: Market) {
  const rows: unknown[] = [];
  for (const path of await listPaths(objects)) {
    const { columns, length } = await decodeParquet((await objects.read(path))!);
    for (let row = 0; row < length; row++) {
      const values = Object.entries(columns).map(([name, column]) => [name, column[row]]);
      if (columns.market![row] === market) rows.push({ path, ...Object.fromEntries(values) });
    }
  }
  return rows;
}

async function factsIn({ objects }: TestLake) {
  const facts = new Map<string, unknown[]>();
  for (const path of (await listPaths(objects)).filter((one) => one.startsWith('candles/'))) {
    const found = await readLakeCandles(decodeParquet, path, (await objects.read(path))!);
    for (const { series, candles = [] } of found.facts)
      facts.set(seriesKey(series), [...(facts.get(seriesKey(series)) ?? []), ...candles]);
  }
  return facts;
}

async function answers(lake: TestLake, market: Market) {
  const ask = (route: ApiRequest['route'], ...parameters: ApiRequest['parameters']) =>
    answerRequest({ ...apiPortsOf(lake), market }, { route, parameters, update: null, kept: {} });
  const symbol = ['symbol', 'BTC-USDT'] as const;
  return {
    symbols: await ask('symbols'),
    bars: await ask('bars', symbol, ['timeframe', '240m']),
    candles: await ask('candles', symbol),
    coverage: await ask('coverage', symbol),
  };
}

property.prop([fc.record({ swap: slots, spot: slots })], { numRuns: 15 })(
  'a symbol of the same name in both markets never mixes: lake, API and what is read back are as if alone (trap 45)',
  async (shapes) => {
    const both = await lakeOf(shapes, MARKETS);
    const facts = await factsIn(both);
    for (const market of MARKETS) {
      const alone = await lakeOf(shapes, [market]);
      expect(await rowsIn(both, market)).toEqual(await rowsIn(alone, market));
      expect(await answers(both, market)).toEqual(await answers(alone, market));
      const key = seriesKey({ market, symbol: 'BTC-USDT', interval: '2h' });
      expect(facts.get(key)).toEqual((await factsIn(alone)).get(key));
    }
    expect(facts.size).toBe(2);
  },
);

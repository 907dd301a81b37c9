import type { SymbolRow } from '@candlelake/core';
import { describe, expect, it } from 'vitest';
import { pickSymbols } from '../../packages/page/src/model/pickSymbols.ts';

const info = (symbol: string): SymbolRow => ({
  ...{ symbol, market: 'swap', price_precision: 1, state: 'live', reason: null, first: null, last: null },
});
const SYMBOLS = ['1000PEPE-USDT', 'BTC-USDC', 'BTC-USDT', 'ETH-USDT', 'ETHFI-USDT', 'STETH-USDT'].map(info);
const pick = (typed: string) => pickSymbols(SYMBOLS, typed).map(({ symbol }) => symbol);

describe('pickSymbols', () => {
  it.each([
    ['', SYMBOLS.map(({ symbol }) => symbol)],
    ['eth', ['ETH-USDT', 'ETHFI-USDT', 'STETH-USDT']],
    ['pepe', ['1000PEPE-USDT']],
    ['btc usdt', ['BTC-USDT']],
    ['BTCUSDC', ['BTC-USDC']],
    ['ehu', ['ETH-USDT', 'ETHFI-USDT', 'STETH-USDT']],
    ['xyz', []],
  ])('"%s" finds %j', (typed, found) => expect(pick(typed)).toEqual(found));
});

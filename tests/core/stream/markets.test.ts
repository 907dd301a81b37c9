import { createExceptions } from '@candlelake/core';
import { expect, test } from 'vitest';
import { createMarkets } from '../../../packages/core/src/stream/markets.ts';

const SYMBOL = 'BTC-USDT';

test('a symbol is refused until history answers both repairs, and each answer makes it due', () => {
  const exceptions = createExceptions();
  const opened: string[] = [];
  const onOpen = (symbol: string) => void opened.push(symbol);
  const markets = createMarkets({ symbols: [SYMBOL], exceptions, onOpen });
  const refusal = new Error('paused');
  markets.refused('live', SYMBOL, refusal);
  markets.refused('background', SYMBOL, refusal);
  markets.refused('background', SYMBOL, null);
  expect(exceptions.of(SYMBOL)).toEqual({ state: 'refused', reason: 'paused' });
  expect(opened).toEqual([SYMBOL]);
  markets.refused('live', SYMBOL, null);
  expect(exceptions.of(SYMBOL)).toBeNull();
  expect(opened).toEqual([SYMBOL, SYMBOL]);
});

import { expect, test } from 'vitest';
import { checkPlacement } from '../../infra/placement.ts';
import { readStage, stageSettings } from '../../infra/settings.ts';

const stageOf = (changes: object) => readStage('me', { ...stageSettings('me'), ...changes });
const fiveMinutes = { symbol: ['BTC-USDT'], interval: '5m', timeframe: ['35m'] } as const;
const RECORDED = 'interval 3m in eu-west-1';

test('a new stage and an unchanged one are deployed', () => {
  for (const recorded of [null, RECORDED]) expect(() => checkPlacement(stageOf({}), recorded)).not.toThrow();
});

test.each([
  [{ pipeline: fiveMinutes }, 'interval 5m in eu-west-1'],
  [{ region: 'eu-central-1' }, 'interval 3m in eu-central-1'],
])('another interval or region is refused, with what to do: %j', (changes, wanted) => {
  expect(() => checkPlacement(stageOf(changes), RECORDED)).toThrow(
    `stage "me" runs with ${RECORDED}, infra/settings.ts says ${wanted}: neither can change while a stage runs. Deploy another stage`,
  );
});

test('other settings may change', () => {
  const pipeline = { symbol: ['ETH-USDT', 'BTC-USDT'], timeframe: ['1h'], maShort: 5 };
  expect(() => checkPlacement(stageOf({ pipeline }), RECORDED)).not.toThrow();
});

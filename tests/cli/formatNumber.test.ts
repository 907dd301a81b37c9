import { expect, test } from 'vitest';
import { formatCount } from '../../packages/cli/src/output/formatNumber.ts';

test.each([0, 7, 99, 100, 999, 1_000, 12_345, 175_200, 999_999, 1_000_000, 1_234_567_890])(
  'writes %d as Intl does for the United States',
  (count) => {
    expect(formatCount(count)).toBe(new Intl.NumberFormat('en-US').format(count));
  },
);

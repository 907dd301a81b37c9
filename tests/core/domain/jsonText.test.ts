import { expect, test } from 'vitest';
import { jsonText } from '../../../packages/core/src/domain/jsonText.ts';

test('a value is shown as JSON, one that has none as its text', () => {
  expect(jsonText({ a: [1, null], b: 'x' })).toBe('{"a":[1,null],"b":"x"}');
  expect(jsonText(undefined)).toBe('undefined');
});

test('a value that JSON.parse reads and JSON.stringify cannot write is shown by a note', () => {
  const depth = 100_000;
  const hostile: unknown = JSON.parse('['.repeat(depth) + ']'.repeat(depth));
  expect(() => JSON.stringify(hostile)).toThrow(RangeError);
  expect(jsonText(hostile)).toMatch(/^"nested too deep/);
});

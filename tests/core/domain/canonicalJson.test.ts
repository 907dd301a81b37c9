import { canonicalJson } from '@candlelake/core';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

test('writes the keys of every object in order, at any depth, and leaves lists as they are', () => {
  const value = { b: [{ d: 1, c: [2, 1] }], a: { f: null, e: 'x' } };
  expect(canonicalJson(value)).toBe('{"a":{"e":"x","f":null},"b":[{"c":[2,1],"d":1}]}');
});

test('gives the same value back, and the same text for any order of keys', () => {
  const shuffle = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(shuffle);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([key, part]) => [key, shuffle(part)]),
    );
  };
  // An object cannot hold "__proto__" as data through assignment; our records have no such key.
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      fc.pre(!JSON.stringify(value).includes('__proto__'));
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      expect(canonicalJson(shuffle(value))).toBe(canonicalJson(value));
    }),
  );
});

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseRecordedPush } from '../../../packages/core/src/bingx/frame.ts';

const capture = JSON.parse(
  readFileSync(new URL('../../fixtures/bingx/ws-swap-capture-2025-10-24.json', import.meta.url), 'utf8'),
) as { frames: { text: string }[] };

test('every recorded push is read, and as JSON.parse reads it', () => {
  const pushes = capture.frames.map(({ text }) => text).filter((text) => text.includes('@kline'));
  expect(pushes.length).toBeGreaterThan(90);
  for (const text of pushes) expect(parseRecordedPush(text)).toEqual(JSON.parse(text));
});

test('any text that is read at all is JSON, and means the same as JSON', () => {
  const recorded = capture.frames.map(({ text }) => text).find((text) => text.includes('@kline')) as string;
  const edit = fc.record({
    at: fc.nat({ max: recorded.length }),
    remove: fc.integer({ min: 0, max: 3 }),
    insert: fc.string({ maxLength: 3, unit: fc.constantFrom(...'0123456789."\\,:{}[] -@eE\n', 'Ω') }),
  });
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 2 }), (edits) => {
      let text = recorded;
      for (const { at, remove, insert } of edits) text = text.slice(0, at) + insert + text.slice(at + remove);
      const push = parseRecordedPush(text);
      if (push !== null) expect(push).toEqual(JSON.parse(text));
    }),
    { numRuns: 20_000 },
  );
});

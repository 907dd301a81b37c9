import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CORRUPTIONS, runCorruptions } from './corruptions.ts';
import { type AuditedLake, createAuditedLake } from './lake.ts';

/** `npm run audit:corruptions` does more. */
const ROUNDS = 50;

describe('an audit of a lake of three days', () => {
  let lake: AuditedLake;
  beforeAll(async () => {
    lake = await createAuditedLake();
  });
  afterAll(() => lake.remove());

  it('finds nothing in an intact one', async () => {
    expect(await lake.findings()).toEqual([]);
    expect((await lake.audit()).days.map(({ objects }) => objects)).toEqual([3, 3, 3]);
  });

  it(`finds each of ${ROUNDS} random corruptions, and nothing else`, async () => {
    const { failures, byKind } = await runCorruptions(lake, { rounds: ROUNDS, seed: 20261120 });
    expect(failures).toEqual([]);
    expect(Object.keys(byKind)).toEqual(Object.keys(CORRUPTIONS));
  });
});

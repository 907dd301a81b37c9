import { expect, it } from 'vitest';
import { createSeededRandom } from '../support/seededRandom.ts';
import { HISTORY_SLOTS, killRounds } from './killRounds.ts';

/** 3 rounds in `npm test`; KILL_ROUNDS sets another number, as the lane kill of .ci/run does. */
const rounds = Number(process.env.KILL_ROUNDS ?? 3);
const seed = Number(process.env.KILL_SEED ?? Date.now() % 100_000);

it(`loses no candle over ${rounds} kills -9, and settles to the lake of a run that was never killed (KILL_SEED=${seed})`, async () => {
  const outcome = await killRounds({
    rounds,
    speed: 200,
    // The first bar of the new day closes after 51 minutes. A round takes about 9: start, then up to 4 s of
    // streaming.
    untilMinutes: 34 + rounds * 9,
    random: createSeededRandom(seed),
  });
  expect(outcome.exitCodes).toEqual([0, 0]);
  expect(outcome.lost).toEqual([]);
  expect(outcome.seen).toBeGreaterThan(HISTORY_SLOTS);
  expect([...outcome.killedLake.keys()]).toEqual([...outcome.wholeLake.keys()]);
  expect(outcome.wholeLake.size).toBeGreaterThanOrEqual(3 * 4);
  for (const [path, bytes] of outcome.wholeLake)
    expect(outcome.killedLake.get(path)?.equals(bytes), path).toBe(true);
}, 600_000);

import { appendFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSettings } from '@candlelake/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type StoreFileWatch, watchStoreFile } from '../../packages/cli/src/adapters/storeFile.ts';
import { withStore } from '../../packages/cli/src/commands/withStore.ts';
import { temporaryFolder } from './program.ts';
import { recordingLines } from './recordingLines.ts';

let path: string;
let lost: string[];
let watch: StoreFileWatch;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval'] });
  path = join(temporaryFolder(), 'candles.sqlite');
  writeFileSync(path, 'one');
  lost = [];
  watch = watchStoreFile(path, (problem) => lost.push(problem));
});
afterEach(() => {
  watch.stop();
  vi.useRealTimers();
});

describe('the file of an open store', () => {
  it('is in place while it is written', () => {
    appendFileSync(path, 'two');
    vi.advanceTimersByTime(60_000);
    expect([watch.problem(), lost]).toEqual([null, []]);
  });

  it.each([
    ['removed', () => rmSync(path)],
    [
      'replaced by a copy',
      () => {
        writeFileSync(`${path}.copy`, 'one');
        renameSync(`${path}.copy`, path);
      },
    ],
  ])('that is %s is reported once, within five seconds', (_, act) => {
    act();
    vi.advanceTimersByTime(5_000);
    expect(lost).toEqual([
      `store "${path}" was removed or replaced while it was open: candles stored now are lost when the program ends; stop it, put the file back if you have it, and start again`,
    ]);
    vi.advanceTimersByTime(60_000);
    expect(lost).toHaveLength(1);
    expect(watch.problem()).toBe(lost[0]);
  });
});

describe('a command whose store is removed', () => {
  const run = (work: () => Promise<unknown>) => {
    const asked = parseSettings({ flags: { output: join(path, '..', 'lake') } });
    const clock = { now: Date.now, monotonic: () => 0, sleep: async () => {} };
    const context = { lines: recordingLines(), notes: recordingLines(), exit: () => {} };
    return withStore({ command: 'import', context, readSettings: () => asked, asked, clock }, work);
  };
  const remove = () => rmSync(join(path, '..', 'lake'), { recursive: true });

  it('fails while its work goes on', async () => {
    const running = run(() => {
      remove();
      vi.advanceTimersByTime(5_000);
      return new Promise(() => {});
    });
    await expect(running).rejects.toThrow('was removed or replaced while it was open');
  });

  it('fails although its work is done', async () => {
    await expect(run(async () => remove())).rejects.toThrow('was removed or replaced while it was open');
  });
});

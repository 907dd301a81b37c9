import type { DerivationStore, DirtyDay } from '@candlelake/core';
import type { ActiveFaults } from '../faults.ts';
import type { Machine } from '../machine/machine.ts';
import type { Scenario } from '../scenario.ts';
import type { VirtualTime } from '../virtualTime.ts';
import type { Problem } from './compareLakes.ts';
import { lookEvery } from './lookEvery.ts';
import { isTimeFaultNear, wasOn } from './timeFaults.ts';

export interface LakeWatchOptions {
  readonly time: Pick<VirtualTime, 'now' | 'observe'>;
  readonly machine: Pick<Machine, 'health'>;
  readonly scenario: Pick<Scenario, 'end'>;
  readonly faults: ActiveFaults;
  readonly store: () => Pick<DerivationStore, 'dirtyDays'>;
  readonly problems: Problem[];
}

const MINUTE = 60_000;
const CHECK_MS = 10 * MINUTE;
/** A day is derived half a minute after it was marked; marks of an earlier process are found within a minute. */
const BEHIND_MS = 3 * MINUTE;
/** After failures the derivation waits for up to five minutes; a process that stands still holds the lake. */
const RECOVERY_MS = 10 * MINUTE;

/** Looks every ten minutes whether a running program leaves a day of its lake as it was before a change. */
export function watchLake(options: LakeWatchOptions): void {
  const { time, scenario } = options;
  const observed = { now: time.now, at: time.observe };
  lookEvery(observed, { after: (now) => now + CHECK_MS, end: scenario.end - BEHIND_MS }, () => look(options));
}

async function look(options: LakeWatchOptions): Promise<void> {
  const { time, machine, store } = options;
  const running = await machine.health();
  if (running === null) return;
  const marks = await store().dirtyDays();
  if (marks.length === 0) return;
  time.observe(time.now() + BEHIND_MS, async () => {
    const still = await machine.health();
    if (still === null || still.startedAt !== running.startedAt || hasReason(options)) return;
    const left = findUnchanged(marks, await store().dirtyDays());
    if (left) options.problems.push(behind(left, time.now()));
  });
}

function hasReason({ time, faults }: LakeWatchOptions): boolean {
  const recently = { now: time.now(), sinceMs: RECOVERY_MS };
  return wasOn(faults, 'disk-full', recently) || isTimeFaultNear(faults, recently);
}

/** A mark that has neither been derived nor been made anew. */
function findUnchanged(marks: readonly DirtyDay[], later: readonly DirtyDay[]): DirtyDay | undefined {
  return marks.find((mark) =>
    later.some(({ day, generation }) => day === mark.day && generation === mark.generation),
  );
}

function behind({ day }: DirtyDay, now: number): Problem {
  const [date, seen] = [new Date(day).toISOString().slice(0, 10), new Date(now).toISOString()];
  return { kind: 'behind', detail: `the lake's ${date} is still not derived at ${seen}` };
}

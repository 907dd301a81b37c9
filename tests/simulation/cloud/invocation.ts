import type { Exchange } from '../exchange/exchange.ts';
import { type KillMoment, type Life, mortal } from '../machine/effects.ts';
import type { ProcessParts } from '../machine/host.ts';
import { createProcessClock } from '../machine/processClock.ts';
import { throttle } from './throttle.ts';

/** The process of one run of a function. */
export type Invocation = Pick<ProcessParts, 'clock' | 'mortal'>;

const MOMENTS: readonly KillMoment[] = ['before', 'during', 'after'];
/** A killed run is killed in one of its first effects. */
const MOST_EFFECTS = 30;
/** This share of the runs is killed while the fault is on. */
const KILLED_SHARE = 0.3;
const SLOWEST_WRITE_MS = 20;

/** Starts a process, which the plan may kill in one of its effects. */
export function createInvocation(exchange: Exchange, name: string): Invocation {
  const { time, note, random, faults } = exchange;
  const clock = createProcessClock(time, { errorMs: 0 });
  const isKilled = faults.hit('job-killed', { share: KILLED_SHARE }) !== null;
  const life: Life = {
    isDead: false,
    effectsLeft: isKilled ? 1 + Math.floor(random() * MOST_EFFECTS) : null,
    killMoment: MOMENTS[Math.floor(random() * MOMENTS.length)]!,
  };
  const effects = {
    life,
    note,
    onKill(moment: KillMoment) {
      life.isDead = true;
      clock.kill();
      note(`${name} killed ${moment} an effect`);
    },
    beforeTear() {},
    beforeWrite: () => throttle(exchange),
    delay: () => clock.sleep(random() * SLOWEST_WRITE_MS),
  };
  return { clock, mortal: (port, portName) => mortal(port, { ...effects, name: `${name} ${portName}` }) };
}

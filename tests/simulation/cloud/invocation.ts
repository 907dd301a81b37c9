import type { Exchange } from '../exchange/exchange.ts';
import { type KillMoment, type Life, mortal } from '../machine/effects.ts';
import type { ProcessParts } from '../machine/host.ts';
import { createProcessClock } from '../machine/processClock.ts';
import { refuseCall, type ServiceCall } from './refuseCall.ts';

/** The process of one run of a function. */
export type Invocation = Pick<ProcessParts, 'clock' | 'mortal'>;

const MOMENTS: readonly KillMoment[] = ['before', 'during', 'after'];
/** A killed run is killed in one of its first effects. */
const MOST_EFFECTS = 30;
/** This share of the runs is killed while the fault is on. */
const KILLED_SHARE = 0.3;
const SLOWEST_WRITE_MS = 20;
/** Between the slowest and the fastest clock. */
const MOST_SKEW_MS = 60_000;

/** Starts a process, which the plan may kill in one of its effects. */
export function createInvocation(exchange: Exchange, name: string): Invocation {
  const { time, note, random, faults } = exchange;
  const clock = createProcessClock(time, { errorMs: wallErrorMs(exchange) });
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
    beforeCall: (call: ServiceCall) => refuseCall(exchange, call),
    delay: () => clock.sleep(random() * SLOWEST_WRITE_MS),
  };
  return { clock, mortal: (calls, port) => mortal(calls, { ...effects, port, process: name }) };
}

/** Each run of a function has a clock of its own, which the fault makes wrong in both directions. */
function wallErrorMs({ faults, random }: Exchange): number {
  return faults.hit('clock-skew') ? (random() - 0.5) * MOST_SKEW_MS : 0;
}

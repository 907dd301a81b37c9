import type { ServiceCall } from '../cloud/refuseCall.ts';

/** When a process is killed in an effect: in one that is under way, the effect may be torn. */
export type KillMoment = 'before' | 'during' | 'after';

/** The life of a process: whether it is dead, and in which effect it is to be killed. */
export interface Life {
  isDead: boolean;
  /** It is killed in the effect that brings this to 0; null for no kill. */
  effectsLeft: number | null;
  killMoment: KillMoment;
}

export interface EffectOptions {
  readonly life: Life;
  /** Names the port. */
  readonly port: string;
  /** The process in the trace, if it is named there. */
  readonly process?: string;
  readonly onKill: (moment: KillMoment) => void;
  /** Called before an effect that may be torn. */
  readonly beforeTear: () => void;
  /** Throws for a call that the machine or a service refuses. */
  readonly beforeCall: (call: ServiceCall) => void;
  readonly note: (effect: string) => void;
  /** Waits for the device before a write. */
  readonly delay?: () => Promise<void>;
}

const READS = /^(?:read|list|find|get|query|version|dirtyDays|revisions)/;

/**
 * The same port for a process that may die: in each effect it can be killed, and a dead process makes no call
 * and gets no answer. Properties that are no functions are left out.
 */
export function mortal<P extends object>(port: P, options: EffectOptions): P {
  const methods = Object.entries(port)
    .filter(([, method]) => typeof method === 'function')
    .map(([method, call]) => {
      const bound = (call as (...all: unknown[]) => Promise<unknown>).bind(port);
      return [method, mortalMethod(bound, method, options)];
    });
  return Object.fromEntries(methods) as P;
}

function mortalMethod(
  call: (...args: unknown[]) => Promise<unknown>,
  method: string,
  options: EffectOptions,
) {
  const { life, port, process, onKill, beforeTear, beforeCall, note, delay } = options;
  const isRead = READS.test(method);
  const name = `${process === undefined ? '' : `${process} `}${port}.${method}`;
  return async (...args: unknown[]) => {
    if (life.isDead) return forever();
    if (!isRead) await delay?.();
    const isKilledNow = life.effectsLeft !== null && --life.effectsLeft <= 0;
    if (isKilledNow && life.killMoment === 'before') {
      onKill('before');
      return forever();
    }
    if (isKilledNow) beforeTear();
    if (!isRead) note(name);
    beforeCall({ port, isRead });
    const result = await call(...args);
    if (isKilledNow) onKill(life.killMoment);
    return life.isDead ? forever() : result;
  };
}

function forever(): Promise<never> {
  return new Promise(() => {});
}

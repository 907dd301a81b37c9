/** The life of a process: when it may be killed, and whether it is dead. */
export interface Life {
  isDead: boolean;
  /** Kills the process at the effect that brings this to 0; null for no kill. */
  effectsLeft: number | null;
  /** Whether that effect still takes place. */
  lastEffectCounts: boolean;
  /** Called when the countdown reaches 0. */
  readonly onKill: () => void;
  /** Throws for a write while the disk is full. */
  readonly beforeWrite: () => void;
  readonly note: (effect: string) => void;
}

const READS = /^(?:read|list|find|version|dirtyDays|revisions)/;

/**
 * The same port for a process that may die: each call is an effect before or after which it can be killed, and a dead process
 * makes no call and gets no answer.
 */
export function mortal<P extends object>(port: P, life: Life, name: string): P {
  const methods = Object.entries(port)
    .filter(([, method]) => typeof method === 'function')
    .map(([method, call]) => [
      method,
      async (...args: unknown[]) => {
        if (life.isDead) return forever();
        const isKilledNow = life.effectsLeft !== null && --life.effectsLeft <= 0;
        if (isKilledNow && !life.lastEffectCounts) {
          life.onKill();
          return forever();
        }
        if (!READS.test(method)) {
          life.note(`${name}.${method}`);
          life.beforeWrite();
        }
        const result = await (call as (...all: unknown[]) => Promise<unknown>).apply(port, args);
        if (isKilledNow) life.onKill();
        return life.isDead ? forever() : result;
      },
    ]);
  return Object.fromEntries(methods) as P;
}

function forever(): Promise<never> {
  return new Promise(() => {});
}

import type { DerivePorts } from '@candlelake/core';

export interface Interruption {
  /** Index of the call, counted from 0 over all ports. */
  readonly at: number;
  /** Whether the action runs after the call or before it. */
  readonly after: boolean;
  /** Runs at that call; an error ends the derivation there, as a crash would. */
  readonly action: () => Promise<void> | void;
}

/** The same ports with an action before or after one of their calls. `calls` counts the calls. */
export function interrupted<P extends DerivePorts>(
  ports: P,
  { at, after, action }: Interruption,
): { readonly ports: P; readonly calls: () => number } {
  let calls = 0;
  const wrap = <T extends object>(port: T): T =>
    new Proxy(port, {
      get(target, name) {
        const method = Reflect.get(target, name);
        if (typeof method !== 'function') return method;
        return async (...args: unknown[]) => {
          const isIt = calls++ === at;
          if (isIt && !after) await action();
          const result = await Reflect.apply(method, target, args);
          if (isIt && after) await action();
          return result;
        };
      },
    });
  return {
    ports: {
      ...ports,
      candles: wrap(ports.candles),
      derivation: wrap(ports.derivation),
      objects: wrap(ports.objects),
    },
    calls: () => calls,
  };
}

/** Thrown in place of killing the process. */
export class Crash extends Error {}

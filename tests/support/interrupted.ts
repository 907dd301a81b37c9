import type { DerivePorts } from '@candlelake/core';

export interface Interruption {
  /** The number of the call, counted from 0 over all ports. */
  readonly at: number;
  /** Whether the call itself has had its effect by then. */
  readonly after: boolean;
  /** What happens then; a throw ends the derivation there, as a crash would. */
  readonly action: () => Promise<void> | void;
}

/** The same ports, but something happens before or after one of their calls. `calls` counts them. */
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

/** What a killed process leaves behind, seen from inside. */
export class Crash extends Error {}

/** Counts calls under way, so that a simulated clock can wait for them. */
export interface Idle {
  /** The same port with its calls counted. */
  watch<P extends object>(port: P): P;
  /** Resolves when no call is under way and none follows. */
  settled(): Promise<void>;
}

/** Turns of the event loop without a call, after which the promises between two calls have settled. */
const QUIET_TURNS = 2;

export function createIdle(): Idle {
  let calls = 0;

  return {
    watch(port) {
      const methods = Object.entries(port).map(([name, method]) => [
        name,
        async (...args: unknown[]) => {
          calls += 1;
          try {
            return await (method as (...all: unknown[]) => Promise<unknown>)(...args);
          } finally {
            calls -= 1;
          }
        },
      ]);
      return Object.fromEntries(methods);
    },
    async settled() {
      for (let quiet = 0; quiet < QUIET_TURNS; quiet++) {
        await new Promise((resolve) => setImmediate(resolve));
        if (calls > 0) quiet = -1;
      }
    },
  };
}

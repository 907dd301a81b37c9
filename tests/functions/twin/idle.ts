/** Counts calls that are under way, so that a clock can wait for them before it moves on. */
export interface Idle {
  /** The same port, counted. */
  watch<P extends object>(port: P): P;
  /** Resolves when nothing is under way, and nothing follows from what was. */
  settled(): Promise<void>;
}

/** Two turns of the event loop without a call: chains of promises between two calls are through by then. */
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

import { MINUTE_MS, SECOND_MS } from '../domain/time/time.ts';
import { followSignal } from '../waiting/follow.ts';
import { WOKEN } from '../waiting/wake.ts';
import { type PassOptions, type PassPorts, passOnce, type SharedOutcome } from './pass/passOnce.ts';
import { createPassCalls, type PassCalls, type ScheduleChange } from './passCalls.ts';
import { mostUrgent, newSchedule, nextPassAt, restarted, type ScopeSchedule } from './schedule.ts';
import type { RepairScope } from './scope.ts';

export type RepairScopesPorts = PassPorts;

export interface RepairScopesOptions extends PassOptions {
  readonly scopes: readonly RepairScope[];
  readonly calls?: PassCalls;
  /** Called after each pass, also when it ended with a refusal. */
  readonly onPass?: (schedule: ScopeSchedule) => void;
  /** Called when no pass is due or runs, before the wait for the next one. */
  readonly onIdle?: (schedules: readonly ScopeSchedule[]) => void;
}

/** How long it takes at most to notice that the clock was set. */
const LONGEST_SLEEP_MS = MINUTE_MS;
/** How long a due pass waits for room at most before the pace is looked at again. */
const ROOM_CHECK_MS = 5 * SECOND_MS;

/**
 * The one loop over scopes: takes the most urgent one, gives it a pass, schedules its next one, and waits
 * when none is due. As many passes run at once as the pace of history makes use of. A refused symbol pauses
 * its own scope only; a failure of the exchange holds up all of them. Resolves with the schedules when repair
 * is through with every scope. Throws RetryableError after the last try, what the store throws, and the
 * signal's reason when it aborts.
 */
export async function repairScopes(
  ports: RepairScopesPorts,
  options: RepairScopesOptions,
  signal: AbortSignal,
): Promise<readonly ScopeSchedule[]> {
  const { calls = createPassCalls(ports.clock) } = options;
  const over = new AbortController();
  const running = new RunningPasses({ ports, options, signal: AbortSignal.any([signal, over.signal]) });
  let before = Number.NEGATIVE_INFINITY;
  try {
    for (;;) {
      signal.throwIfAborted();
      running.throwFailure();
      const now = ports.exchangeClock.now();
      // A clock that was set back would make every scope wait until it has caught up.
      if (now < before) running.change(restarted);
      const called = calls.taken(now);
      if (called) running.change(called);
      before = now;
      const urgent = mostUrgent(running.waiting());
      const dueAt = urgent ? nextPassAt(urgent) : Number.POSITIVE_INFINITY;
      if (dueAt === Number.POSITIVE_INFINITY && running.size === 0) return running.schedules;
      if (urgent && dueAt <= now && running.hasRoom()) {
        running.start(urgent);
        continue;
      }
      if (running.size === 0) options.onIdle?.(running.schedules);
      const sleepMs = dueAt <= now ? ROOM_CHECK_MS : Math.min(dueAt - now, LONGEST_SLEEP_MS);
      await running.endOr((stop) => calls.sleep(sleepMs, stop));
    }
  } finally {
    over.abort();
    await running.allEnded();
  }
}

interface RunningOptions {
  readonly ports: RepairScopesPorts;
  readonly options: RepairScopesOptions;
  readonly signal: AbortSignal;
}

/** The schedules of a loop, and the passes of it that are under way. */
class RunningPasses {
  schedules: readonly ScopeSchedule[];
  readonly #options: RunningOptions;
  readonly #passes = new Map<RepairScope, Promise<void>>();
  /** Changes that came while the scope had a pass: they are made after it. */
  readonly #changes = new Map<RepairScope, ScheduleChange[]>();
  readonly #shared: SharedOutcome = { unclearSymbol: null, failures: 0 };
  #failure: { readonly error: unknown } | null = null;

  constructor(options: RunningOptions) {
    this.#options = options;
    this.schedules = options.options.scopes.map(newSchedule);
  }

  get size(): number {
    return this.#passes.size;
  }

  waiting(): readonly ScopeSchedule[] {
    return this.#passes.size === 0
      ? this.schedules
      : this.schedules.filter(({ scope }) => !this.#passes.has(scope));
  }

  /** Whether another pass may start: while the exchange fails, none runs beside one that waits for it. */
  hasRoom(): boolean {
    const { history } = this.#options.ports;
    const most = this.#shared.failures > 0 ? 1 : (history.concurrency?.() ?? 1);
    return this.#passes.size < most;
  }

  start(schedule: ScopeSchedule): void {
    const { scope } = schedule;
    const pass = this.#pass(schedule)
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => this.#passes.delete(scope));
    this.#passes.set(scope, pass);
  }

  async #pass(schedule: ScopeSchedule): Promise<void> {
    const { ports, options, signal } = this.#options;
    const { scope } = schedule;
    let next = await passOnce({ ...ports, shared: this.#shared }, options, schedule, signal);
    for (const change of this.#changes.get(scope) ?? []) next = change(next);
    this.#changes.delete(scope);
    this.schedules = this.schedules.with(
      this.schedules.findIndex((one) => one.scope === scope),
      next,
    );
    options.onPass?.(next);
  }

  /** Changes all schedules, those of running passes once they have ended. */
  change(change: ScheduleChange): void {
    for (const scope of this.#passes.keys())
      this.#changes.set(scope, [...(this.#changes.get(scope) ?? []), change]);
    this.schedules = this.schedules.map((one) => (this.#passes.has(one.scope) ? one : change(one)));
  }

  throwFailure(): void {
    if (this.#failure) throw this.#failure.error;
  }

  /** Waits until a pass has ended or the sleep has, which is then ended too. */
  async endOr(sleep: (stop: AbortSignal) => Promise<unknown>): Promise<void> {
    const { controller, release } = followSignal(this.#options.signal);
    const slept = sleep(controller.signal);
    try {
      await Promise.race([slept, ...this.#passes.values()]);
    } finally {
      controller.abort(WOKEN);
      release();
      await slept.catch(() => {});
    }
  }

  async allEnded(): Promise<void> {
    await Promise.all(this.#passes.values());
  }
}

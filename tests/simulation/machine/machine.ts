import type { Health, ReportedEvent } from '@candlelake/core';
import { refuseCall } from '../cloud/refuseCall.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { Fault } from '../faults.ts';
import { type EffectOptions, type KillMoment, type Life, mortal } from './effects.ts';
import type { CollectorProcess, Host } from './host.ts';
import { createProcessClock, type ProcessClock, type WallClock } from './processClock.ts';

export interface MachineOptions {
  readonly exchange: Exchange;
  readonly host: Host;
}

export interface SeenHealth {
  readonly health: Pick<Health, 'status' | 'exceptions' | 'unreadable'>;
  readonly startedAt: number;
}

/** A run of the program, and since when it runs. */
interface Running {
  readonly startedAt: number;
  readonly clock: ProcessClock;
  readonly life: Life;
  readonly process: CollectorProcess;
}

/** A supervisor starts the program again this long after it ended. */
const RESTART_MS = 10_000;

/**
 * A machine with a disk and a wall clock, a supervisor that keeps the program running, and the faults of the
 * plan that hit it.
 */
export class Machine {
  readonly #options: MachineOptions;
  readonly #wall: WallClock = { errorMs: 0 };
  readonly #wallErrors: { readonly errorMs: number }[] = [];
  #main: Running | null = null;
  #second: Running | null = null;
  /** No start before this: the fault that ended the last run goes on until then. */
  #downUntil = 0;

  constructor(options: MachineOptions, faults: readonly Fault[]) {
    this.#options = options;
    for (const fault of faults) options.exchange.time.at(fault.from, () => this.#begin(fault));
  }

  start(): void {
    if (this.#main || this.#options.exchange.time.now() < this.#downUntil) return;
    this.#main = this.#launch((ended) => {
      if (this.#main === ended) this.#main = null;
    });
  }

  /** Stops the program as a user does; resolves when it has ended. */
  async stop(): Promise<unknown> {
    this.#downUntil = Number.POSITIVE_INFINITY;
    const { process } = this.#main ?? {};
    process?.stop();
    return process?.ended;
  }

  /** Health of the supervised process and the time of its start; null while none answers. */
  async health(): Promise<SeenHealth | null> {
    const main = this.#main;
    if (!main || main.clock.isSuspended()) return null;
    const health = await main.process.health();
    return health && { health, startedAt: main.startedAt };
  }

  #launch(onEnd: (running: Running) => void): Running {
    const { exchange, host } = this.#options;
    const { time, note } = exchange;
    const clock = createProcessClock(time, this.#wall);
    const life: Life = { isDead: false, effectsLeft: null, killMoment: 'after' };
    const effects = this.#effectsOf(life, () => running);
    const process = host.start({
      ...{ exchange, clock, life },
      mortal: (calls, port, delay) =>
        mortal(calls, delay ? { ...effects, port, delay } : { ...effects, port }),
      report: (event: ReportedEvent) => note(`${event.level} ${event.kind} ${event.message}`),
    });
    const running: Running = { startedAt: time.now(), clock, life, process };
    note('process started');
    process.ended.then((error) => {
      note(`process ended ${error instanceof Error ? error.message : ''}`);
      onEnd(running);
      time.at(Math.max(this.#downUntil, time.now() + RESTART_MS), () => this.start());
    });
    return running;
  }

  #effectsOf(life: Life, running: () => Running): Omit<EffectOptions, 'port'> {
    const { exchange, host } = this.#options;
    return {
      life,
      onKill: (moment) => this.#kill(running(), moment),
      beforeTear: host.beforeTear,
      beforeCall: (call) => {
        if (!call.isRead && exchange.faults.hit('disk-full')) throw new Error('the disk is full');
        refuseCall(exchange, call);
      },
      note: exchange.note,
    };
  }

  #begin(fault: Fault): void {
    const { kind, draw, to } = fault;
    const { exchange, host } = this.#options;
    const { noteEffect } = exchange.faults;
    if (kind === 'object-deleted' || kind === 'object-torn' || kind === 'object-swapped') {
      if (host.objects.damage(kind, draw)) noteEffect(fault);
    } else if (kind === 'clock-skew' || kind === 'clock-step') {
      noteEffect(fault);
      this.#setWall(kind === 'clock-skew' ? (draw - 0.5) * 60_000 : stepOf(draw), to);
    } else if (kind === 'second-process') {
      if (this.#second) return;
      noteEffect(fault);
      const second = this.#launch(() => {
        this.#second = null;
      });
      this.#second = second;
      second.clock.deliver(to, second.process.stop);
    } else if (this.#main) this.#hit(this.#main, fault);
  }

  /** Begins a fault that hits the supervised process. */
  #hit(main: Running, fault: Fault): void {
    const { kind, draw, to } = fault;
    const { time, faults } = this.#options.exchange;
    if (kind === 'process-killed') {
      this.#downUntil = to;
      this.#kill(main, 'after');
    } else if (kind === 'killed-in-effect') {
      main.life.effectsLeft = 1 + Math.floor(draw * 40);
      main.life.killMoment = (['before', 'during', 'after'] as const)[Math.floor(draw * 1000) % 3]!;
    } else if (kind === 'process-restarted') {
      this.#downUntil = to;
      main.clock.deliver(time.now(), main.process.stop);
    } else if (kind === 'unlisted-between-starts') {
      // The symbol is still not in the list when the program starts again.
      this.#downUntil = time.now() + (to - time.now()) / 2;
      main.clock.deliver(time.now(), main.process.stop);
    } else if (kind === 'damaged-between-runs') {
      this.#downUntil = to;
      this.#kill(main, 'after');
      this.#options.host.objects.damage(OBJECT_FAULTS[Math.floor(draw * 3)]!, (draw * 30) % 1);
    } else if (kind === 'process-stopped') {
      main.clock.suspend();
      time.at(to, () => main.clock.resume());
    } else return;
    faults.noteEffect(fault);
  }

  /** Of wrong clocks at the same time the last one counts. */
  #setWall(errorMs: number, until: number): void {
    const errors = this.#wallErrors;
    const error = { errorMs };
    const apply = () => {
      this.#wall.errorMs = errors.at(-1)?.errorMs ?? 0;
    };
    errors.push(error);
    apply();
    this.#options.exchange.time.at(until, () => {
      errors.splice(errors.indexOf(error), 1);
      apply();
    });
  }

  #kill(running: Running, moment: KillMoment): void {
    const { exchange, host } = this.#options;
    if (running.life.isDead) return;
    running.life.isDead = true;
    running.clock.kill();
    exchange.note(`process killed ${moment} an effect`);
    if (this.#second === running) this.#second = null;
    if (this.#main === running) this.#main = null;
    if (!this.#main && !this.#second) host.onKilled(moment);
    exchange.time.at(Math.max(this.#downUntil, exchange.time.now() + RESTART_MS), () => this.start());
  }
}

const OBJECT_FAULTS = ['object-deleted', 'object-torn', 'object-swapped'] as const;

/** From two minutes to a day, before or after true time. */
function stepOf(draw: number): number {
  const sizes = [120_000, -120_000, 3_600_000, -3_600_000, 8 * 3_600_000, -8 * 3_600_000, 86_400_000];
  return sizes[Math.floor(draw * sizes.length)]!;
}

import type {
  CandleStore,
  CollectorOptions,
  DerivationStore,
  EncodeTable,
  EpochMs,
  Health,
  LakeSettings,
  PaceStore,
  ReportedEvent,
} from '@candlelake/core';
import { type CollectorProcess, type ProcessOptions, startProcess } from './collectorProcess.ts';
import type { DiskObjects } from './diskObjects.ts';
import type { Life } from './effects.ts';
import type { ActiveFaults, Fault } from './faults.ts';
import { createProcessClock, type ProcessClock, type WallClock } from './processClock.ts';
import type { VirtualTime } from './virtualTime.ts';

type Store = CandleStore & DerivationStore & PaceStore;

export interface MachineOptions {
  readonly time: VirtualTime;
  readonly wall: WallClock;
  readonly faults: readonly Fault[];
  readonly active: ActiveFaults;
  readonly exchange: ProcessOptions['exchange'];
  /** Opens the store as a new process would. */
  readonly openStore: (now: () => EpochMs) => Store;
  /** Called when a process was killed, before the next one starts. */
  readonly onKilled: () => void;
  readonly objects: DiskObjects;
  readonly encode: EncodeTable;
  readonly settings: LakeSettings;
  readonly collector: CollectorOptions;
  readonly note: (event: string) => void;
  readonly report: (event: ReportedEvent) => void;
  readonly counts: Map<string, number>;
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

/** A machine with a disk, a wall clock and a supervisor that keeps the program running, and the faults of the plan that hit it. */
export class Machine {
  readonly #options: MachineOptions;
  #main: Running | null = null;
  #second: Running | null = null;
  /** No start before this: the fault that ended the last run goes on until then. */
  #downUntil = 0;

  constructor(options: MachineOptions) {
    this.#options = options;
    for (const fault of options.faults) options.time.at(fault.from, () => this.#begin(fault));
  }

  start(): void {
    if (this.#main || this.#options.time.now() < this.#downUntil) return;
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

  /** Health of the supervised process and the time of its start; null while none runs. */
  health(): { readonly health: Health; readonly startedAt: number } | null {
    return this.#main && { health: this.#main.process.health(), startedAt: this.#main.startedAt };
  }

  #launch(onEnd: (running: Running) => void): Running {
    const { time, wall, note, active, objects, encode, settings, collector, exchange, report } =
      this.#options;
    const clock = createProcessClock(time, wall);
    const life: Life = {
      isDead: false,
      effectsLeft: null,
      lastEffectCounts: true,
      onKill: () => this.#kill(running),
      beforeWrite: () => {
        if (!active.find('disk-full', time.now())) return;
        this.#count('disk-full');
        throw new Error('the disk is full');
      },
      note,
    };
    const store = this.#options.openStore(clock.now);
    const process = startProcess({
      exchange,
      clock,
      store,
      objects,
      encode,
      settings,
      collector,
      life,
      report,
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

  #begin(fault: Fault): void {
    const { time, wall, objects } = this.#options;
    const main = this.#main;
    switch (fault.kind) {
      case 'object-deleted':
      case 'object-torn':
      case 'object-swapped':
        if (objects.damage(fault.kind, fault.draw)) this.#count(fault.kind);
        return;
      case 'clock-skew':
      case 'clock-step': {
        this.#count(fault.kind);
        const before = wall.errorMs;
        wall.errorMs = fault.kind === 'clock-skew' ? (fault.draw - 0.5) * 60_000 : stepOf(fault.draw);
        time.at(fault.to, () => {
          wall.errorMs = before;
        });
        return;
      }
      case 'second-process': {
        this.#count(fault.kind);
        if (this.#second) return;
        const second = this.#launch(() => {
          this.#second = null;
        });
        this.#second = second;
        time.at(fault.to, () => second.process.stop());
        return;
      }
    }
    if (!main) return;
    switch (fault.kind) {
      case 'process-killed':
        this.#count(fault.kind);
        this.#downUntil = fault.to;
        this.#kill(main);
        break;
      case 'killed-in-effect':
        this.#count(fault.kind);
        main.life.effectsLeft = 1 + Math.floor(fault.draw * 40);
        main.life.lastEffectCounts = Math.floor(fault.draw * 1000) % 2 === 0;
        break;
      case 'process-restarted':
        this.#count(fault.kind);
        this.#downUntil = fault.to;
        main.process.stop();
        break;
      case 'process-stopped':
        this.#count(fault.kind);
        main.clock.suspend();
        time.at(fault.to, () => main.clock.resume());
        break;
    }
  }

  #kill(running: Running): void {
    const { time, onKilled, note } = this.#options;
    if (running.life.isDead) return;
    running.life.isDead = true;
    running.clock.kill();
    note('process killed');
    onKilled();
    if (this.#second === running) this.#second = null;
    if (this.#main !== running) return;
    this.#main = null;
    time.at(Math.max(this.#downUntil, time.now() + RESTART_MS), () => this.start());
  }

  #count(kind: string): void {
    const { counts } = this.#options;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
}

/** From two minutes to a day, before or after true time. */
function stepOf(draw: number): number {
  const sizes = [120_000, -120_000, 3_600_000, -3_600_000, 8 * 3_600_000, -8 * 3_600_000, 86_400_000];
  return sizes[Math.floor(draw * sizes.length)]!;
}

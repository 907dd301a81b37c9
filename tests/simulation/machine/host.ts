import type {
  CandleStore,
  DerivationStore,
  Health,
  NoticeStore,
  ObjectStore,
  ReportedEvent,
} from '@candlelake/core';
import type { Exchange } from '../exchange/exchange.ts';
import type { FaultKind } from '../faultKinds.ts';
import type { KillMoment, Life } from './effects.ts';
import type { ProcessClock } from './processClock.ts';

/** What a process gets from its machine. */
export interface ProcessParts {
  readonly exchange: Exchange;
  readonly clock: ProcessClock;
  readonly life: Life;
  readonly report: (event: ReportedEvent) => void;
  /** The same port, in whose calls the process can be killed; `name` stands for it in the trace. */
  readonly mortal: <P extends object>(port: P, name: string, delay?: () => Promise<void>) => P;
}

/** One run of the program. */
export interface CollectorProcess {
  /** Resolves when the process has ended by itself or on request, with the error that ended it. */
  readonly ended: Promise<unknown>;
  stop(): void;
  health(): Health | Promise<Pick<Health, 'status' | 'exceptions' | 'unreadable'> | null>;
}

/** Lake objects that outlive processes, and that faults can damage. */
export interface DiskObjects extends ObjectStore {
  /** Damages one object in place; `draw` in [0, 1) picks it. Returns its path, null when there is none. */
  damage(kind: ObjectFault, draw: number): string | null;
}

type ObjectFault = Extract<FaultKind, `object-${string}`>;

/** The disks of a machine and the program on it. */
export interface Host {
  readonly objects: DiskObjects;
  start(parts: ProcessParts): CollectorProcess;
  /** Keeps a copy of the store: the write that follows may be torn. */
  beforeTear(): void;
  /** The last process was killed: what it had not synced is lost or garbage. */
  onKilled(moment: KillMoment): void;
  /** The store as the oracle reads it. */
  store(): CandleStore & DerivationStore & NoticeStore;
  /** Ends what runs beside the process, once that has ended. */
  finish(): Promise<void>;
  close(): void;
}

import {
  BELIEVED_LIES,
  FAULT_KINDS,
  FAULTS_OF_HOST,
  type FaultKind,
  KINDS,
  MENDED_IN_A_DAY,
} from './faultKinds.ts';
import type { Variant } from './variants.ts';

/** One fault of a schedule, in true time. */
export interface Fault {
  readonly kind: FaultKind;
  readonly from: number;
  readonly to: number;
  /** Null where it concerns all symbols. */
  readonly symbol: string | null;
  /** In [0, 1): how strong it is, or which of several things it hits. */
  readonly draw: number;
}

export interface FaultPlanOptions {
  readonly from: number;
  readonly to: number;
  readonly symbols: readonly string[];
  readonly variant: Pick<Variant, 'host' | 'isLong'>;
  /** Faults a day, on average. */
  readonly perDay: number;
  readonly random: () => number;
}

const DAY = 86_400_000;

/**
 * The faults of a run, ascending. Each schedule draws from a part of the alphabet, so that rare combinations
 * come up often.
 */
export function planFaults(options: FaultPlanOptions): readonly Fault[] {
  const { from, to, perDay, variant, random } = options;
  const others = FAULTS_OF_HOST[variant.host === 'local' ? 'cloud' : 'local'];
  const kinds = KINDS.filter((kind) => !others.has(kind) && (variant.isLong || !MENDED_IN_A_DAY.has(kind)));
  const share = 0.1 + 0.9 * random();
  const drawn = kinds.filter(() => random() < share);
  const alphabet = drawn.length > 0 ? drawn : kinds;
  const count = Math.round(((to - from) / DAY) * perDay);
  const faults = Array.from({ length: count }, () => drawFault(alphabet, options));
  return withFewLies(faults.sort((one, other) => one.from - other.from));
}

function drawFault(alphabet: readonly FaultKind[], { from, to, symbols, random }: FaultPlanOptions): Fault {
  const kind = alphabet[Math.floor(random() * alphabet.length)]!;
  const { leastMs, mostMs, isOfSymbol } = FAULT_KINDS[kind];
  const begin = Math.floor(from + random() * (to - from));
  const lengthMs = Math.floor(leastMs + random() * (mostMs - leastMs));
  const symbol = isOfSymbol ? symbols[Math.floor(random() * symbols.length)]! : null;
  return { kind, from: begin, to: Math.min(to, begin + lengthMs), symbol, draw: random() };
}

/** Of each lie that is believed for a while a schedule has one. */
function withFewLies(faults: readonly Fault[]): readonly Fault[] {
  const told = new Set<FaultKind>();
  return faults.filter(({ kind }) => {
    const isRepeated = BELIEVED_LIES.has(kind) && told.has(kind);
    told.add(kind);
    return !isRepeated;
  });
}

/** Tells which faults are on, and which had an effect. */
export interface ActiveFaults {
  /** The fault of this kind that is on at an instant of true time. */
  at(kind: FaultKind, instant: number, symbol?: string): Fault | null;
  /** Whether a fault of this kind is on at some instant of a stretch of true time. */
  within(kind: FaultKind, stretch: Pick<Fault, 'from' | 'to'>, symbol?: string): boolean;
  /** The fault of this kind that is on now, in a share of the calls; notes its effect. */
  hit(kind: FaultKind, options?: { readonly symbol?: string; readonly share?: number }): Fault | null;
  noteEffect(fault: Fault): void;
  /** How many faults of each kind had an effect. */
  effects(): ReadonlyMap<FaultKind, number>;
}

/** `now` is true time. */
export function createActiveFaults(
  faults: readonly Fault[],
  { now, random }: { readonly now: () => number; readonly random: () => number },
): ActiveFaults {
  const byKind = Map.groupBy(faults, ({ kind }) => kind);
  const effective = new Set<Fault>();
  const at: ActiveFaults['at'] = (kind, instant, symbol) => {
    for (const fault of byKind.get(kind) ?? []) {
      if (fault.from > instant) break;
      if (instant < fault.to && (fault.symbol === null || fault.symbol === symbol)) return fault;
    }
    return null;
  };
  return {
    at,
    within: (kind, { from, to }, symbol) =>
      (byKind.get(kind) ?? []).some(
        (fault) => fault.from <= to && fault.to >= from && (fault.symbol === null || fault.symbol === symbol),
      ),
    hit(kind, { symbol, share = 1 } = {}) {
      const fault = at(kind, now(), symbol);
      if (fault === null || (share < 1 && random() >= share)) return null;
      effective.add(fault);
      return fault;
    },
    noteEffect: (fault) => void effective.add(fault),
    effects() {
      const counts = new Map<FaultKind, number>();
      for (const { kind } of effective) counts.set(kind, (counts.get(kind) ?? 0) + 1);
      return counts;
    },
  };
}

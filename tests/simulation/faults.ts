import { FAULT_KINDS, type FaultKind, KINDS, LIES } from './faultKinds.ts';

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
  const { from, to, perDay, random } = options;
  const share = 0.1 + 0.9 * random();
  const drawn = KINDS.filter(() => random() < share);
  const alphabet = drawn.length > 0 ? drawn : KINDS;
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

/** Of lies that the program believes when it hears them twice, a schedule has one of each kind of evidence. */
function withFewLies(faults: readonly Fault[]): readonly Fault[] {
  const told = new Set<string>();
  return faults.filter(({ kind }) => {
    const evidence = LIES[kind];
    if (evidence === undefined) return true;
    const isFirst = !told.has(evidence);
    told.add(evidence);
    return isFirst;
  });
}

/** Tells which faults are on, and counts those that had an effect. */
export interface ActiveFaults {
  /** The fault of this kind that is on at an instant. */
  at(kind: FaultKind, instant: number, symbol?: string): Fault | null;
  /** The fault of this kind that is on now; counts it. */
  hit(kind: FaultKind, symbol?: string): Fault | null;
  count(kind: FaultKind): void;
  readonly counts: ReadonlyMap<FaultKind, number>;
}

/** `now` is true time. */
export function createActiveFaults(faults: readonly Fault[], now: () => number): ActiveFaults {
  const byKind = Map.groupBy(faults, ({ kind }) => kind);
  const counts = new Map<FaultKind, number>();
  const at: ActiveFaults['at'] = (kind, instant, symbol) => {
    for (const fault of byKind.get(kind) ?? []) {
      if (fault.from > instant) break;
      if (instant < fault.to && (fault.symbol === null || fault.symbol === symbol)) return fault;
    }
    return null;
  };
  const count = (kind: FaultKind) => void counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return {
    at,
    hit(kind, symbol) {
      const fault = at(kind, now(), symbol);
      if (fault) count(kind);
      return fault;
    },
    count,
    counts,
  };
}

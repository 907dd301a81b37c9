const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Everything that can go wrong, with how long it lasts at least and at most. Kinds without a symbol concern all symbols. */
const FAULT_KINDS = {
  // The socket.
  'frames-lost': { from: MINUTE, to: 40 * MINUTE },
  'frames-delayed': { from: MINUTE, to: 40 * MINUTE },
  'frames-repeated': { from: MINUTE, to: 40 * MINUTE },
  'frames-broken': { from: MINUTE, to: 40 * MINUTE },
  'values-absurd': { from: MINUTE, to: 40 * MINUTE },
  'socket-half-open': { from: MINUTE, to: 30 * MINUTE },
  'symbol-silent': { from: MINUTE, to: 90 * MINUTE },
  'answers-lost': { from: MINUTE, to: 20 * MINUTE },
  'topic-refused': { from: MINUTE, to: 60 * MINUTE },
  'reconnect-storm': { from: MINUTE, to: 20 * MINUTE },
  'handshake-refused': { from: MINUTE, to: 15 * MINUTE },
  // History.
  'history-down': { from: MINUTE, to: 40 * MINUTE },
  'history-502': { from: MINUTE, to: 40 * MINUTE },
  'history-garbage': { from: MINUTE, to: 30 * MINUTE },
  'limit-100410': { from: 10 * SECOND, to: 6 * MINUTE },
  'limit-429': { from: 10 * SECOND, to: 6 * MINUTE },
  'ban-418': { from: MINUTE, to: 6 * MINUTE },
  'ban-403': { from: MINUTE, to: 6 * MINUTE },
  'ban-until': { from: MINUTE, to: 15 * MINUTE },
  'newest-flips': { from: 5 * MINUTE, to: 2 * HOUR },
  'replica-late': { from: 5 * MINUTE, to: 40 * MINUTE },
  'replica-old-values': { from: 5 * MINUTE, to: 60 * MINUTE },
  'answers-empty': { from: MINUTE, to: 25 * MINUTE },
  'replica-short': { from: 5 * MINUTE, to: 40 * MINUTE },
  'replica-holes': { from: 5 * MINUTE, to: 40 * MINUTE },
  'rows-unreadable': { from: 5 * MINUTE, to: 90 * MINUTE },
  'rows-ascending': { from: 10 * MINUTE, to: 4 * HOUR },
  'symbol-paused': { from: 10 * MINUTE, to: 5 * HOUR },
  'symbol-unlisted': { from: 2 * MINUTE, to: 2 * HOUR },
  // Time.
  'server-time-off': { from: MINUTE, to: 30 * MINUTE },
  'clock-skew': { from: 30 * MINUTE, to: 6 * HOUR },
  'clock-step': { from: 5 * MINUTE, to: 2 * HOUR },
  // The machine.
  'process-stopped': { from: MINUTE, to: 70 * MINUTE },
  'process-killed': { from: SECOND, to: 3 * HOUR },
  'process-restarted': { from: SECOND, to: 20 * MINUTE },
  'killed-in-effect': { from: SECOND, to: 5 * MINUTE },
  'second-process': { from: 10 * MINUTE, to: 3 * HOUR },
  'disk-full': { from: MINUTE, to: 20 * MINUTE },
  'object-deleted': { from: 0, to: 0 },
  'object-torn': { from: 0, to: 0 },
  'object-swapped': { from: 0, to: 0 },
} as const;

export type FaultKind = keyof typeof FAULT_KINDS;

const KINDS = Object.keys(FAULT_KINDS) as FaultKind[];

/** These concern one symbol. */
const OF_SYMBOL: ReadonlySet<FaultKind> = new Set<FaultKind>([
  'symbol-silent',
  'topic-refused',
  'symbol-paused',
  'symbol-unlisted',
]);

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
  readonly without?: readonly FaultKind[];
  readonly random: () => number;
}

/** The faults of a run, ascending. Each schedule draws from a part of the alphabet, so that rare combinations come up often. */
export function planFaults(options: FaultPlanOptions): readonly Fault[] {
  const { from, to, symbols, perDay, without = [], random } = options;
  const share = 0.15 + 0.85 * random();
  const allowed = KINDS.filter((kind) => !without.includes(kind));
  const kinds = allowed.filter(() => random() < share);
  const alphabet = kinds.length > 0 ? kinds : allowed;
  const count = Math.round(((to - from) / (24 * HOUR)) * perDay);
  const faults = Array.from({ length: count }, (): Fault => {
    const kind = alphabet[Math.floor(random() * alphabet.length)]!;
    const limits = FAULT_KINDS[kind];
    const begin = Math.floor(from + random() * (to - from));
    const lengthMs = Math.floor(limits.from + random() * (limits.to - limits.from));
    const symbol = OF_SYMBOL.has(kind) ? symbols[Math.floor(random() * symbols.length)]! : null;
    return { kind, from: begin, to: Math.min(to, begin + lengthMs), symbol, draw: random() };
  });
  return faults.sort((one, other) => one.from - other.from);
}

/** Tells which faults are on. */
export interface ActiveFaults {
  find(kind: FaultKind, at: number, symbol?: string): Fault | null;
}

export function createActiveFaults(faults: readonly Fault[]): ActiveFaults {
  const byKind = Map.groupBy(faults, ({ kind }) => kind);
  return {
    find: (kind, at, symbol) =>
      byKind
        .get(kind)
        ?.find((one) => one.from <= at && at < one.to && (one.symbol === null || one.symbol === symbol)) ??
      null,
  };
}

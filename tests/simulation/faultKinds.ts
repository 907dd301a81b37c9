const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

interface FaultLimits {
  /** How long it lasts. */
  readonly leastMs: number;
  readonly mostMs: number;
  /** Whether it concerns one symbol. */
  readonly isOfSymbol?: true;
}

const lasts = (leastMs: number, mostMs: number): FaultLimits => ({ leastMs, mostMs });
const ofSymbol = (leastMs: number, mostMs: number): FaultLimits => ({ leastMs, mostMs, isOfSymbol: true });
const ONCE = lasts(0, 0);

/** Everything that can go wrong. */
export const FAULT_KINDS = {
  // The socket.
  'frames-lost': lasts(MINUTE, 40 * MINUTE),
  'frames-delayed': lasts(MINUTE, 40 * MINUTE),
  'frames-repeated': lasts(MINUTE, 40 * MINUTE),
  'frames-broken': lasts(MINUTE, 40 * MINUTE),
  'values-absurd': lasts(MINUTE, 40 * MINUTE),
  'socket-half-open': lasts(MINUTE, 30 * MINUTE),
  'symbol-silent': ofSymbol(MINUTE, 90 * MINUTE),
  'answers-lost': lasts(MINUTE, 20 * MINUTE),
  'topic-refused': ofSymbol(MINUTE, HOUR),
  'reconnect-storm': lasts(MINUTE, 20 * MINUTE),
  'handshake-refused': lasts(MINUTE, 15 * MINUTE),
  // History.
  'history-down': lasts(MINUTE, 40 * MINUTE),
  'history-slow': lasts(MINUTE, 40 * MINUTE),
  'history-502': lasts(MINUTE, 40 * MINUTE),
  'history-garbage': lasts(MINUTE, 30 * MINUTE),
  'limit-100410': lasts(10 * SECOND, 6 * MINUTE),
  'limit-429': lasts(10 * SECOND, 6 * MINUTE),
  'limit-headers': lasts(MINUTE, 30 * MINUTE),
  'ban-418': lasts(MINUTE, 6 * MINUTE),
  'ban-403': lasts(MINUTE, 6 * MINUTE),
  'ban-until': lasts(MINUTE, 15 * MINUTE),
  'newest-flips': lasts(5 * MINUTE, 2 * HOUR),
  'replica-late': lasts(5 * MINUTE, 40 * MINUTE),
  'replica-old-values': lasts(5 * MINUTE, HOUR),
  'answers-empty': lasts(MINUTE, 90 * MINUTE),
  'replica-short': lasts(MINUTE, 90 * MINUTE),
  'replica-holes': lasts(MINUTE, 90 * MINUTE),
  'rows-unreadable': lasts(5 * MINUTE, 90 * MINUTE),
  'rows-repeated': lasts(5 * MINUTE, HOUR),
  'rows-ascending': lasts(10 * MINUTE, 4 * HOUR),
  'rows-as-arrays': lasts(10 * MINUTE, 4 * HOUR),
  'start-exclusive': lasts(10 * MINUTE, 4 * HOUR),
  // Symbols.
  'symbol-paused': ofSymbol(10 * MINUTE, 5 * HOUR),
  'symbol-unlisted': ofSymbol(2 * MINUTE, 2 * HOUR),
  // Time.
  'server-time-off': lasts(MINUTE, 30 * MINUTE),
  'clock-skew': lasts(30 * MINUTE, 6 * HOUR),
  'clock-step': lasts(5 * MINUTE, 2 * HOUR),
  // The machine.
  'process-stopped': lasts(MINUTE, 70 * MINUTE),
  'process-killed': lasts(SECOND, 3 * HOUR),
  'process-restarted': lasts(SECOND, 20 * MINUTE),
  'killed-in-effect': ONCE,
  'second-process': lasts(10 * MINUTE, 3 * HOUR),
  'disk-full': lasts(MINUTE, 20 * MINUTE),
  // The cloud: its functions, its table and its bucket.
  'job-killed': lasts(MINUTE, 2 * HOUR),
  'table-throttled': lasts(MINUTE, 20 * MINUTE),
  'table-refuses': lasts(MINUTE, 12 * MINUTE),
  'bucket-refuses': lasts(10 * MINUTE, 6 * HOUR),
  // The lake.
  'object-deleted': ONCE,
  'object-torn': ONCE,
  'object-swapped': ONCE,
  // Two things at once.
  'unlisted-between-starts': ofSymbol(2 * MINUTE, 90 * MINUTE),
  'damaged-between-runs': lasts(MINUTE, 30 * MINUTE),
} satisfies Readonly<Record<string, FaultLimits>>;

export type FaultKind = keyof typeof FAULT_KINDS;

export const KINDS = Object.keys(FAULT_KINDS) as FaultKind[];

/** Faults that only one host can have: the provider's clock does not step, and a task has no disk. */
export const FAULTS_OF_HOST: Readonly<Record<'local' | 'cloud', ReadonlySet<FaultKind>>> = {
  local: new Set(['clock-step', 'disk-full']),
  cloud: new Set(['job-killed', 'table-throttled', 'table-refuses', 'bucket-refuses']),
};

/**
 * What these hide is looked at again a day later, and a second lie would hide it then (docs/truth.md, "What is
 * promised").
 */
export const BELIEVED_LIES: ReadonlySet<FaultKind> = new Set(['replica-short', 'replica-holes']);

/** What these do is mended within a day, not within hours. */
export const MENDED_IN_A_DAY: ReadonlySet<FaultKind> = new Set([
  ...BELIEVED_LIES,
  ...(['replica-old-values', 'object-deleted', 'object-torn', 'object-swapped'] as const),
]);

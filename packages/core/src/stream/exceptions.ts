import type { LogLevel, ReportedEvent } from '../ports.ts';

/**
 * Why a symbol is not kept as usual, the most severe first: the exchange does not list it, its launch lies
 * ahead, history refuses it, its market is closed, or its subscription is refused (history alone keeps it).
 */
export const EXCEPTION_STATES = ['delisted', 'unlaunched', 'refused', 'closed', 'rejected'] as const;
export type ExceptionState = (typeof EXCEPTION_STATES)[number];

export interface SymbolException {
  readonly state: ExceptionState;
  readonly reason: string;
}

/** The beginning of an exception, or its end, where `reason` is null. */
export interface ExceptionChange {
  readonly symbol: string;
  readonly state: ExceptionState;
  readonly reason: string | null;
}

/** The exceptions of all symbols. */
export interface Exceptions {
  /** Notes that a symbol is in a state, or, with null, that it no longer is. */
  set(symbol: string, state: ExceptionState, reason: string | null): void;
  /** The most severe exception of a symbol. */
  of(symbol: string): SymbolException | null;
}

/**
 * `onChange` is called once when an exception begins and once when it ends, unless the symbol has a more
 * severe one.
 */
export function createExceptions(onChange: (change: ExceptionChange) => void = () => {}): Exceptions {
  const reasons = new Map<string, Map<ExceptionState, string>>();

  function of(symbol: string): SymbolException | null {
    const known = reasons.get(symbol);
    const state = EXCEPTION_STATES.find((one) => known?.has(one));
    return state === undefined ? null : { state, reason: known!.get(state)! };
  }

  return {
    of,
    set(symbol, state, reason) {
      const before = of(symbol)?.state ?? null;
      const known = reasons.get(symbol) ?? new Map<ExceptionState, string>();
      reasons.set(symbol, known);
      if (reason === null) known.delete(state);
      else known.set(state, reason);
      const after = of(symbol)?.state ?? null;
      if (before === after) return;
      if (before === state || after === state) onChange({ symbol, state, reason });
    },
  };
}

/** The levels of the lines; of an exception that ends it is always `info`. */
const LEVELS: Readonly<Record<ExceptionState, LogLevel>> = {
  delisted: 'error',
  unlaunched: 'warn',
  refused: 'error',
  closed: 'info',
  rejected: 'error',
};

const ENDINGS: Readonly<Record<ExceptionState, string>> = {
  delisted: 'the exchange lists it',
  unlaunched: 'its contract is launched',
  refused: 'history answers again',
  closed: 'it trades again',
  rejected: 'the subscription works again',
};

/** The event of a change. The kind is the state, or `resumed` at its end. */
export function exceptionEvent(
  { symbol, state, reason }: ExceptionChange,
  { gapFill }: { readonly gapFill: boolean },
): ReportedEvent {
  const fields = { symbol, state };
  if (reason === null)
    return { level: 'info', kind: 'resumed', message: `${symbol}: ${ENDINGS[state]}`, fields };
  const effects: Readonly<Record<ExceptionState, string>> = {
    delisted: 'the others go on, and it is looked for again',
    unlaunched: 'the others go on, and it is looked at again',
    refused: 'the others go on, and it is asked for again later',
    closed: 'looking again every half hour',
    rejected: `${gapFill ? 'history alone keeps it' : 'it gets no candles, as gaps are not filled'}, subscribing again later`,
  };
  return { level: LEVELS[state], kind: state, message: `${symbol}: ${reason}; ${effects[state]}`, fields };
}

import { CONTRACT_STATUSES } from './contractState.ts';
import { BAD_VALUES, CHOICES, GARBAGE } from './faultParts.ts';
import { type Faults, NO_FAULTS } from './faults.ts';

/** Returns what was expected in place of a wrong value, or null for a valid one. */
type Check = (value: unknown) => string | null;

const text: Check = (value) => (typeof value === 'string' ? null : 'a text');
const flag: Check = (value) => (typeof value === 'boolean' ? null : 'true or false');
const number: Check = (value) => (typeof value === 'number' ? null : 'a number');
const amount: Check = (value) => (typeof value === 'number' && value >= 0 ? null : 'a number from 0 on');
const share: Check = (value) =>
  amount(value) === null && Number(value) <= 1 ? null : 'a number from 0 to 1';
const symbols: Check = (value) => (value === 'all' ? null : list(text)(value));
const badValues = orNull(record({ kinds: list(oneOf(BAD_VALUES)), share, instead: flag }));
const range = { from: amount, to: amount };
const where = oneOf(['history', 'stream', 'both']);

const CHECKS: { readonly [Name in keyof Faults]: Check } = {
  rest: oneOf(CHOICES.rest),
  restData: oneOf(CHOICES.restData),
  connect: oneOf(CHOICES.connect),
  streamData: oneOf(CHOICES.streamData),
  streamTime: oneOf(CHOICES.streamTime),
  streamEncoding: oneOf(CHOICES.streamEncoding),
  refusedTopicFrame: oneOf(CHOICES.refusedTopicFrame),
  bounds: oneOf(CHOICES.bounds),
  rateHeaders: oneOf(CHOICES.rateHeaders),
  unknownTopic: oneOf(CHOICES.unknownTopic),
  phases: list(record({ ...range, faults: phaseFaults })),
  holes: list(record({ ...range, in: where }, { symbol: text })),
  badSlots: list(record({ ...range, in: where, kind: oneOf(BAD_VALUES) }, { symbol: text })),
  closingHours: list(
    record({ fromMinute: amount, toMinute: amount }, { symbol: text, weekdays: list(amount) }),
  ),
  historyFrom: orNull(amount),
  vanishingNewest: share,
  stale: list(record({ afterMs: orNull(amount) }, { symbol: text, ...range, share })),
  replicas: list(
    record({ share }, { keepsMs: amount, missingShare: share, holes: list(record(range, { symbol: text })) }),
  ),
  maxRows: amount,
  emptyHistory: symbols,
  paused: list(text),
  contracts: list(
    record(
      { symbol: text },
      {
        listed: flag,
        status: oneOf(CONTRACT_STATUSES),
        apiStateOpen: flag,
        launchTime: amount,
        offTime: amount,
      },
    ),
  ),
  ban: orNull(record({ until: amount, code: oneOf([100410, 109429]) })),
  restShare: share,
  restDelayMs: amount,
  badRows: badValues,
  serverTimeOffsetMs: number,
  dateOffsetMs: number,
  silent: flag,
  muted: symbols,
  refusedTopics: list(text),
  badFrames: badValues,
  garbage: orNull(record({ kinds: list(oneOf(GARBAGE)), share })),
  cut: orNull(record({ meanMs: amount, how: oneOf(['clean', 'abrupt']) })),
};

/** Reads faults from parsed JSON; throws an Error that names the fault and what was expected. */
export function faultsFromJson(value: unknown): Partial<Faults> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error(`faults ${JSON.stringify(value)}: expected an object`);
  }
  for (const [name, fault] of Object.entries(value)) {
    if (!(name in CHECKS)) {
      throw new Error(`there is no fault "${name}", expected one of ${Object.keys(NO_FAULTS).join(', ')}`);
    }
    const expected = CHECKS[name as keyof Faults](fault);
    if (expected) throw new Error(`fault "${name}" is ${JSON.stringify(fault)}, expected ${expected}`);
  }
  return value;
}

function phaseFaults(value: unknown): string | null {
  try {
    return 'phases' in faultsFromJson(value) ? 'faults without "phases"' : null;
  } catch (error) {
    return `valid faults (${(error as Error).message})`;
  }
}

function oneOf(values: readonly unknown[]): Check {
  return (value) => (values.includes(value) ? null : `one of ${values.join(', ')}`);
}

function orNull(check: Check): Check {
  return (value) => {
    const expected = value === null ? null : check(value);
    return expected && `${expected}, or null`;
  };
}

function list(check: Check): Check {
  return (value) => {
    if (!Array.isArray(value)) return 'a list';
    const expected = value.map(check).find((problem) => problem !== null);
    return expected ? `a list, each of it ${expected}` : null;
  };
}

function record(
  fields: Readonly<Record<string, Check>>,
  optional: Readonly<Record<string, Check>> = {},
): Check {
  return (value) => {
    if (typeof value !== 'object' || value === null)
      return `an object with ${Object.keys(fields).join(', ')}`;
    const checks = { ...optional, ...fields };
    const unknown = Object.keys(value).find((name) => !(name in checks));
    if (unknown !== undefined) return `no "${unknown}"`;
    for (const [name, check] of Object.entries(checks)) {
      const field = (value as Readonly<Record<string, unknown>>)[name];
      const problem = field === undefined && name in optional ? null : check(field);
      if (problem) return `"${name}" to be ${problem}`;
    }
    return null;
  };
}

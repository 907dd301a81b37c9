import { CHOICES, type Faults, GARBAGE, LIES, NO_FAULTS } from './faults.ts';

/** Says what is wrong with a value, or null. */
type Check = (value: unknown) => string | null;

const text: Check = (value) => (typeof value === 'string' ? null : 'a text');
const flag: Check = (value) => (typeof value === 'boolean' ? null : 'true or false');
const amount: Check = (value) => (typeof value === 'number' && value >= 0 ? null : 'a number from 0 on');
const share: Check = (value) =>
  amount(value) === null && Number(value) <= 1 ? null : 'a number from 0 to 1';
const lies = orNull(record({ kinds: list(oneOf(LIES)), share, instead: flag }));

const CHECKS: { readonly [Name in keyof Faults]: Check } = {
  rest: oneOf(CHOICES.rest),
  restData: oneOf(CHOICES.restData),
  connect: oneOf(CHOICES.connect),
  streamData: oneOf(CHOICES.streamData),
  streamTime: oneOf(CHOICES.streamTime),
  streamEncoding: oneOf(CHOICES.streamEncoding),
  holes: list(
    record({ from: amount, to: amount, in: oneOf(['history', 'stream', 'both']) }, { symbol: text }),
  ),
  historyFrom: orNull(amount),
  vanishingNewest: share,
  stale: list(record({ afterMs: orNull(amount) }, { symbol: text, from: amount, to: amount, share })),
  maxRows: amount,
  restShare: share,
  restDelayMs: amount,
  restLies: lies,
  silent: flag,
  muted: (value) => (value === 'all' ? null : list(text)(value)),
  streamLies: lies,
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

function oneOf(words: readonly string[]): Check {
  return (value) => (words.includes(value as string) ? null : `one of ${words.join(', ')}`);
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

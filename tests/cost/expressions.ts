/** A value as DynamoDB's protocol has it. */
export interface Attribute {
  readonly S?: string;
  readonly N?: string;
  readonly SS?: readonly string[];
}

export type Attributes = Readonly<Record<string, Attribute>>;

export interface Names {
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues?: Attributes;
}

/**
 * Whether a condition holds for an item: comparisons, `attribute_not_exists`, AND, OR and brackets. Throws
 * for anything else.
 */
export function holds(condition: string, item: Attributes, names: Names): boolean {
  const tokens = condition.match(/[()]|attribute_not_exists|AND|OR|<=|>=|[<>=]|[#:]\w+/g) ?? [];
  if (tokens.join('') !== condition.replaceAll(/\s/g, ''))
    throw new Error(`condition "${condition}" has unknown parts`);
  let at = 0;
  const next = () => tokens[at++] as string;

  function either(): boolean {
    let result = both();
    while (tokens[at] === 'OR') {
      next();
      const right = both();
      result = result || right;
    }
    return result;
  }

  function both(): boolean {
    let result = single();
    while (tokens[at] === 'AND') {
      next();
      const right = single();
      result = result && right;
    }
    return result;
  }

  function single(): boolean {
    const first = next();
    if (first === 'attribute_not_exists') {
      next();
      const isMissing = item[nameOf(next(), names)] === undefined;
      next();
      return isMissing;
    }
    if (first === '(') {
      const inner = either();
      next();
      return inner;
    }
    return compare(item[nameOf(first, names)], next(), names.ExpressionAttributeValues?.[next()]);
  }

  const result = either();
  if (at !== tokens.length) throw new Error(`condition "${condition}" goes on after its end`);
  return result;
}

/** The item after an update of SET, ADD and DELETE clauses. */
export function updated(item: Attributes, text: string, names: Names): Attributes {
  const result: Record<string, Attribute> = { ...item };
  for (const [, verb, list] of text.matchAll(/(SET|ADD|DELETE) ((?:(?! (?:SET|ADD|DELETE) ).)+)/g)) {
    for (const part of list!.split(',')) {
      const [name, value] = part.match(/[#:]\w+/g) as [string, string];
      const key = nameOf(name, names);
      const given = names.ExpressionAttributeValues![value]!;
      const after = verb === 'SET' ? given : changed(result[key], verb as 'ADD' | 'DELETE', given);
      if (after === undefined) delete result[key];
      else result[key] = after;
    }
  }
  return result;
}

function changed(
  before: Attribute | undefined,
  verb: 'ADD' | 'DELETE',
  given: Attribute,
): Attribute | undefined {
  if (given.N !== undefined) return { N: String(Number(before?.N ?? 0) + Number(given.N)) };
  const set = new Set(before?.SS ?? []);
  for (const text of given.SS ?? []) {
    if (verb === 'ADD') set.add(text);
    else set.delete(text);
  }
  return set.size === 0 ? undefined : { SS: [...set] };
}

function nameOf(token: string, { ExpressionAttributeNames: names }: Names): string {
  const name = names?.[token];
  if (name === undefined) throw new Error(`the name "${token}" is not given`);
  return name;
}

function compare(left: Attribute | undefined, operator: string, right: Attribute | undefined): boolean {
  if (left === undefined || right === undefined) return false;
  const [a, b] = left.N === undefined ? [left.S!, right.S!] : [Number(left.N), Number(right.N)];
  if (operator === '=') return a === b;
  if (operator === '<') return a < b;
  if (operator === '<=') return a <= b;
  return operator === '>' ? a > b : a >= b;
}

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
type Pattern = { readonly [key: string]: Pattern | readonly Filter[] };
type Filter = string | { readonly 'anything-but': { readonly prefix: string } };

/**
 * Whether an event matches an EventBridge pattern of exact values and `anything-but` with a prefix. Throws
 * for another filter. Source: EventBridge user guide, "Comparison operators".
 */
export function matchesPattern(pattern: Pattern, event: object): boolean {
  return Object.entries(pattern).every(([key, expected]) => {
    const value = (event as Record<string, Json>)[key];
    if (value === undefined) return false;
    if (!Array.isArray(expected)) return matchesPattern(expected as Pattern, value as object);
    const values = Array.isArray(value) ? value : [value];
    return values.some((one) => expected.some((filter: Filter) => matchesFilter(filter, one)));
  });
}

function matchesFilter(filter: Filter, value: Json): boolean {
  if (typeof filter === 'string') return value === filter;
  const { prefix } = filter['anything-but'] ?? {};
  if (prefix === undefined)
    throw new Error(`filter ${JSON.stringify(filter)}: expected a text or anything-but`);
  return typeof value === 'string' && !value.startsWith(prefix);
}

import type { Graph, Resource } from './graph.ts';

/** Inputs of any resource type; the rules know their own. */
export type Inputs = Resource['inputs'];
export type Rule = readonly [type: string, properties: (inputs: Inputs, graph: Graph) => object];
export type Rules = Readonly<Record<string, Rule>>;

/** Keys in CloudFormation's capitals, all the way down. */
export function pascal(value: Inputs): Record<string, unknown> {
  const walk = (item: unknown): unknown => {
    if (Array.isArray(item)) return item.map(walk);
    if (item === null || typeof item !== 'object') return item;
    return Object.fromEntries(
      Object.entries(item)
        .filter(([, inner]) => inner !== null)
        .map(([key, inner]) => [key[0]!.toUpperCase() + key.slice(1), walk(inner)]),
    );
  };
  return walk(value) as Record<string, unknown>;
}

export function pairs(map: Readonly<Record<string, unknown>>): readonly object[] {
  return Object.entries(map).map(([Name, Value]) => ({ Name, Value }));
}

export function json(value: unknown): unknown {
  return typeof value === 'string' ? JSON.parse(value) : value;
}

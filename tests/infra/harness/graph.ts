import type { Properties } from './cloud.ts';

/** One resource as the program registered it, with the outputs that the stand-in cloud gave it. */
export interface Resource {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  readonly parent: string;
  readonly custom: boolean;
  readonly id: string;
  // biome-ignore lint/suspicious/noExplicitAny: inputs differ by type; a test that reads a wrong one fails
  readonly inputs: Readonly<Record<string, any>>;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly outputs: Readonly<Record<string, any>>;
  readonly secrets: readonly string[];
  readonly dependencies: readonly string[];
  readonly protect: boolean;
  readonly retainOnDelete: boolean;
}

/** What one deploy registered, and how it went. */
export interface Graph {
  readonly stage: string;
  /** Of the providers: region, default tags. */
  readonly config: Readonly<Record<string, string>>;
  readonly errors: readonly string[];
  readonly resources: readonly Resource[];
  /** Exit code and output of the sst program, and its own AWS calls that the stand-in could not answer. */
  readonly code: number;
  readonly output: string;
  readonly refused: readonly string[];
  readonly bundlerWarnings: readonly string[];
}

export interface PolicyStatement {
  readonly Effect: string;
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: Properties;
}

/** All resources of a type. */
export function ofType(graph: Graph, type: string): readonly Resource[] {
  return graph.resources.filter((resource) => resource.type === type);
}

/** The one resource of this logical name; throws when there is none or more than one. */
export function named(graph: Graph, name: string): Resource {
  const found = graph.resources.filter((resource) => resource.name === name);
  if (found.length !== 1) throw new Error(`"${name}": ${found.length} resources, expected one`);
  return found[0]!;
}

/** What a role's own policies allow. */
export function statements(role: Resource): readonly PolicyStatement[] {
  const policies = (role.inputs.inlinePolicies ?? []) as readonly { readonly policy: string }[];
  return policies
    .flatMap(({ policy }) => JSON.parse(policy).Statement)
    .map((statement) => ({
      ...statement,
      Action: [statement.Action].flat(),
      Resource: [statement.Resource].flat(),
    }));
}

/** The calls that a role's own policies allow, sorted. */
export function actions(role: Resource): readonly string[] {
  return statements(role)
    .flatMap(({ Action }) => Action)
    .toSorted();
}

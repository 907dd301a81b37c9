type Schema = Readonly<Record<string, unknown>>;

/**
 * Where a value breaks a JSON Schema, as `path: reason`. It knows the keywords that the OpenAPI document of the
 * program uses, and throws for others, so that none is ignored.
 */
export function schemaFaults(
  value: unknown,
  schema: Schema,
  schemas: Readonly<Record<string, Schema>>,
): readonly string[] {
  return faultsAt('$', value, schema, schemas);
}

const KNOWN = ['type', 'properties', 'required', 'additionalProperties', 'items', 'enum', 'anyOf', '$ref'];
/** Keywords that say nothing of the values of these answers. */
const NOTES = ['description', 'format'];

function faultsAt(
  path: string,
  value: unknown,
  schema: Schema,
  schemas: Readonly<Record<string, Schema>>,
): string[] {
  for (const keyword of Object.keys(schema))
    if (![...KNOWN, ...NOTES].includes(keyword)) throw new Error(`keyword "${keyword}" is not known`);
  const below = (key: string, part: unknown, of: Schema) => faultsAt(`${path}${key}`, part, of, schemas);
  if (typeof schema.$ref === 'string') return below('', value, schemas[schema.$ref.split('/').at(-1)!]!);
  if (schema.anyOf) {
    const results = (schema.anyOf as Schema[]).map((one) => below('', value, one));
    return results.some(({ length }) => length === 0) ? [] : results.flat();
  }
  if (schema.enum && !(schema.enum as unknown[]).includes(value))
    return [`${path}: ${JSON.stringify(value)}`];
  if (schema.type && !isOfType(value, schema.type as string))
    return [`${path}: no ${schema.type}: ${JSON.stringify(value)}`];
  if (schema.type === 'array')
    return (value as unknown[]).flatMap((item, index) => below(`[${index}]`, item, schema.items as Schema));
  if (schema.type !== 'object') return [];
  const object = value as Record<string, unknown>;
  const properties = (schema.properties ?? {}) as Record<string, Schema>;
  const missing = ((schema.required ?? []) as string[]).filter((name) => !(name in object));
  const unknown =
    schema.additionalProperties === false ? Object.keys(object).filter((name) => !(name in properties)) : [];
  return [
    ...missing.map((name) => `${path}.${name}: missing`),
    ...unknown.map((name) => `${path}.${name}: not described`),
    ...Object.entries(properties).flatMap(([name, one]) =>
      name in object ? below(`.${name}`, object[name], one) : [],
    ),
  ];
}

function isOfType(value: unknown, type: string): boolean {
  if (type === 'null') return value === null;
  if (type === 'array') return Array.isArray(value);
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  return typeof value === type;
}

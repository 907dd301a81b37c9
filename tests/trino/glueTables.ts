import { readStage, type StageSettings, stageSettings } from '../../infra/settings.ts';

/** What `infra/lake.ts` declares. */
export interface DeclaredLake {
  readonly database: Declared;
  readonly tables: readonly Declared[];
}

type Declared = Readonly<Record<string, unknown>> & { readonly name: string };

/** A class in place of that of a resource; lists what the program declares. */
function resource(list: unknown[]) {
  return class {
    constructor(_id: string, declared: Record<string, unknown>) {
      Object.assign(this, declared);
      list.push(declared);
    }
  };
}

/**
 * Runs `infra/lake.ts` with stand-ins for sst's globals. `tests/infra` tests the same declarations in the
 * real `sst deploy`.
 */
export async function declareLake(bucket: string, settings: Partial<StageSettings>): Promise<DeclaredLake> {
  const [databases, tables]: [Declared[], Declared[]] = [[], []];
  const other: unknown[] = [];
  Object.assign(globalThis, {
    $app: { name: 'candlelake' },
    $cli: { paths: { root: '.' } },
    $interpolate: (texts: TemplateStringsArray, ...values: unknown[]) =>
      String.raw({ raw: texts }, ...values),
    aws: {
      glue: { CatalogDatabase: resource(databases), CatalogTable: resource(tables) },
      athena: { Workgroup: resource(other), NamedQuery: resource(other) },
    },
  });
  // Types of the globals come with sst's own configuration of the compiler.
  const program = '../../infra/lake.ts';
  const { createLake } = await import(program);
  const stage = readStage('trino', { ...stageSettings('trino'), ...settings });
  createLake(stage, { bucket: { name: bucket } });
  return { database: databases[0]!, tables };
}

/** Registers database and tables in the Glue at AWS_ENDPOINT_URL. */
export async function registerLake({ database, tables }: DeclaredLake): Promise<void> {
  await callGlue('CreateDatabase', { DatabaseInput: inGlueNames(database) });
  for (const { databaseName, storageDescriptor, ...table } of tables) {
    // What the provider sends when a program does not set it; without it Trino refuses the table.
    const storage = { ...(storageDescriptor as object), numberOfBuckets: 0, compressed: false };
    const TableInput = inGlueNames({ ...table, storageDescriptor: storage });
    await callGlue('CreateTable', { DatabaseName: databaseName, TableInput });
  }
}

/** moto finds the service in the signature's scope and checks nothing else of it. */
async function callGlue(action: string, body: unknown): Promise<void> {
  const response = await fetch(process.env.AWS_ENDPOINT_URL!, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/x-amz-json-1.1',
      'X-Amz-Target': `AWSGlue.${action}`,
      Authorization: 'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/glue/aws4_request',
    },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`Glue: ${action} answered ${response.status}: ${await response.text()}`);
}

/** The API begins names with a capital, and spells one of them differently; keys of parameters are data. */
function inGlueNames(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inGlueNames);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, part]) => {
    const ours = name === 'serDeInfo' ? 'SerdeInfo' : name[0]!.toUpperCase() + name.slice(1);
    return [ours, name === 'parameters' ? part : inGlueNames(part)];
  });
  return Object.fromEntries(entries);
}

import { setTimeout } from 'node:timers/promises';
import type { Row } from '../support/readParquet.ts';

/** A session of a Trino server. */
export interface TrinoSession {
  readonly schema: string;
  readonly timeZone: string;
}

export interface TrinoAnswer {
  /** Timestamps as epoch ms; decimals stay texts. */
  readonly rows: readonly Row[];
  /** Rows that were read from files. */
  readonly readRows: number;
}

/** A page of an answer. Source: Trino, "Client REST API". */
interface Page {
  readonly nextUri?: string;
  readonly columns?: readonly { readonly name: string; readonly type: string }[];
  readonly data?: readonly (readonly (string | number | null)[])[];
  readonly error?: { readonly message: string; readonly errorName: string };
  readonly stats: { readonly processedRows: number };
}

/** Asks the server at TRINO_URL. Throws the server's message when it refuses the query. */
export async function queryTrino(sql: string, { schema, timeZone }: TrinoSession): Promise<TrinoAnswer> {
  const headers = {
    'X-Trino-User': 'test',
    'X-Trino-Catalog': 'athena',
    'X-Trino-Schema': schema,
    'X-Trino-Time-Zone': timeZone,
  };
  const rows: Row[] = [];
  let page = await readPage(`${process.env.TRINO_URL}/v1/statement`, { method: 'POST', headers, body: sql });
  for (;;) {
    if (page.error) throw new Error(`Trino: ${page.error.errorName}: ${page.error.message}\n${sql}`);
    for (const values of page.data ?? [])
      rows.push(
        Object.fromEntries(page.columns!.map(({ name, type }, i) => [name, plain(type, values[i]!)])),
      );
    if (page.nextUri === undefined) return { rows, readRows: page.stats.processedRows };
    page = await readPage(page.nextUri, { headers });
  }
}

/** A server that has started learns of itself as a worker only seconds later, and refuses queries until then. */
export async function waitForWorker(): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await queryTrino('SELECT count(*) FROM system.runtime.nodes', { schema: 'none', timeZone: 'UTC' });
      return;
    } catch (error) {
      if (attempt === 60 || !String(error).includes('NO_NODES_AVAILABLE')) throw error;
      await setTimeout(500);
    }
  }
}

async function readPage(url: string, options: RequestInit): Promise<Page> {
  const response = await fetch(url, options);
  if (!response.ok) throw new Error(`Trino: ${url} answered ${response.status}`);
  return (await response.json()) as Page;
}

function plain(type: string, value: string | number | null): string | number | null {
  return type.startsWith('timestamp') && value !== null
    ? Date.parse(`${String(value).replace(' ', 'T')}Z`)
    : value;
}

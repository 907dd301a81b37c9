import type { DynamoTable } from '../../packages/functions/src/adapters/dynamo/table.ts';

export interface Interruption {
  /** The number of the call, counted from 0. */
  readonly at: number;
  /** Whether the call has had its effect by then. */
  readonly after: boolean;
  /** What happens then; once it has thrown, every later call throws as well: a killed process makes none. */
  readonly action: () => Promise<void> | void;
}

/** The same table, but something happens before or after one of its calls. `calls` counts them. */
export function interruptedTable(
  table: DynamoTable,
  { at, after, action }: Interruption,
): { readonly table: DynamoTable; readonly calls: () => number } {
  let calls = 0;
  let death: unknown = null;

  async function interrupt(): Promise<void> {
    try {
      await action();
    } catch (error) {
      death = error;
      throw error;
    }
  }

  const methods = Object.entries(table).map(([name, method]) => [
    name,
    async (...args: unknown[]) => {
      if (death) throw death;
      const isIt = calls++ === at;
      if (isIt && !after) await interrupt();
      const result = await (method as (...all: unknown[]) => Promise<unknown>)(...args);
      if (isIt && after) await interrupt();
      return result;
    },
  ]);
  return { table: Object.fromEntries(methods) as DynamoTable, calls: () => calls };
}

/** What a killed process leaves behind, seen from inside. */
export class Killed extends Error {}

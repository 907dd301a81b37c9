import type { DynamoTable } from '../../packages/functions/src/adapters/dynamo/table.ts';

export interface Interruption {
  /** The number of the call, counted from 0. */
  readonly at: number;
  /** Whether the action runs after the call has had its effect. */
  readonly after: boolean;
  /**
   * Runs at that call. Once it has thrown, every later call throws too, because a killed process makes none.
   */
  readonly action: () => Promise<void> | void;
}

/** The same table, with an action before or after one of its calls. `calls` counts them. */
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

/** Thrown in place of killing the process. */
export class Killed extends Error {}

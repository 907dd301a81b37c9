import { type ViewOptions, viewQueries } from '../../packages/cli/src/query/lakeViews.ts';

/** The query with the lake's tables as the views of `candlelake query`. */
export function overLake(sql: string, options: ViewOptions): string {
  const views = viewQueries(options).map(([table, query]) => `${table} AS (${query})`);
  return `WITH ${views.join(', ')} ${sql}`;
}

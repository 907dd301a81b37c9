export const QUERY_FORMATS = ['table', 'csv', 'json', 'ndjson', 'parquet'] as const;
export type QueryFormat = (typeof QUERY_FORMATS)[number];

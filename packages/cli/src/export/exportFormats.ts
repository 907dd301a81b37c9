export const EXPORT_FORMATS = ['csv', 'ndjson', 'parquet', 'freqtrade'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

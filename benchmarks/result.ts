/** What one benchmark measured. Everything that is compared was measured in one process, interleaved. */
export interface BenchResult {
  readonly name: string;
  /** The aim that it is measured against, in words. */
  readonly aim: string;
  readonly rows: readonly BenchRow[];
  readonly note?: string;
}

export interface BenchRow {
  readonly label: string;
  /** Time of this row divided by the time of the reference row of the same run. */
  readonly ratio?: number;
  readonly value?: number;
  readonly unit?: string;
}

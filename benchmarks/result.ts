/** The result of one benchmark. Values that are compared were measured in one process, interleaved. */
export interface BenchResult {
  readonly name: string;
  /** The aim, in words. */
  readonly aim: string;
  readonly rows: readonly BenchRow[];
  readonly note?: string;
}

export interface BenchRow {
  readonly label: string;
  /** Time of this row divided by that of the reference row of the same run. */
  readonly ratio?: number;
  readonly value?: number;
  readonly unit?: string;
  /** In place of a value: why there is none. */
  readonly text?: string;
}

/** What a benchmark is run with. */
export interface BenchOptions {
  /** Whether peers from other ecosystems are installed and run too. */
  readonly peers: boolean;
}

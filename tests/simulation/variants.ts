/** What differs between seeds besides the scenario. */
export interface Variant {
  readonly host: 'local' | 'cloud';
  /** SQLite in a file whose unsynced end a kill destroys; in memory otherwise. */
  readonly hasStoreFile: boolean;
  /** Objects are Parquet files; rows in memory otherwise. */
  readonly isParquet: boolean;
  /** Frames are gzip, as the exchange sends them; text otherwise. */
  readonly isGzip: boolean;
  /** A day of looks at what was settled follows the faults; without it hours, and no fault that needs the day. */
  readonly isLong: boolean;
}

/** Every tenth seed runs the AWS host, every twentieth writes Parquet, every third is long. */
export function variantOf(seed: number): Variant {
  return {
    host: seed % 10 === 9 ? 'cloud' : 'local',
    hasStoreFile: seed % 7 === 6,
    isParquet: seed % 20 === 4,
    isGzip: seed % 8 === 7,
    isLong: seed % 3 === 0,
  };
}

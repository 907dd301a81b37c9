/** What the core asks of its host, and what the pipeline asks of the exchange. Instants are epoch ms, UTC. */
import type { BarColumns, IndicatorColumns, IndicatorState, Periods } from './domain/bars.ts';
import type {
  Absence,
  Candle,
  CandleUpdate,
  CandleValues,
  HistoryStart,
  HistoryStartAnswer,
  Series,
} from './domain/candle.ts';
import type { Coverage } from './domain/coverage.ts';
import type { Interval } from './domain/interval.ts';
import type { EpochMs } from './domain/time.ts';
import type { LakeSettings } from './settings.ts';

// ---- the host: time, network, bytes ------------------------------------------------------------------------------------

/** Time, real or simulated. Everything that waits or measures goes by it. */
export interface Clock {
  now(): EpochMs;
  /** Resolves after `ms` of this clock; rejects with the signal's reason when it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** A number in [0, 1). */
export type Random = () => number;

export interface HttpResponse {
  readonly status: number;
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** One GET with the host's own time-out. Throws RetryableError when no response came (network, time-out). */
export type HttpGet = (url: string, signal: AbortSignal) => Promise<HttpResponse>;

export interface Socket {
  send(text: string): void;
  /** Ends the connection at once, without waiting for the other side; `closed` is still called, once. */
  close(): void;
}

export interface SocketHandlers {
  opened(): void;
  /** A binary frame as bytes, a text frame as text. */
  frame(data: Uint8Array | string): void;
  /** Called once, whatever ended the connection or kept it from opening. */
  closed(reason: string): void;
}

export type OpenSocket = (url: string, handlers: SocketHandlers) => Socket;

/** Gunzips; throws BadDataError when the input is no gzip or the output would pass `maxBytes`. */
export type Inflate = (bytes: Uint8Array, maxBytes: number) => Uint8Array;

// ---- the exchange, in our words (bingx/ implements these) ---------------------------------------------------------------

/** The exchange's time as far as we know it: our clock plus the measured offset. */
export interface ExchangeClock {
  now(): EpochMs;
}

/** Live repair goes before backfill. */
export type RequestPriority = 'live' | 'background';

export interface HistoryRequest {
  readonly series: Series;
  /** Open times from `from` (inclusive) to `to` (exclusive); at most MAX_HISTORY_ROWS slots unless it is a probe. */
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly priority: RequestPriority;
}

/** A candle as history shows it: perhaps still open. */
export interface HistoryRow extends CandleValues {
  readonly openTime: EpochMs;
}

export interface HistoryPage {
  /** Exchange-clock estimate of the moment the request was sent. */
  readonly observed: EpochMs;
  /** Ascending by open time, one per slot, on the grid, inside the range asked for; the open candle may be the newest. */
  readonly rows: readonly HistoryRow[];
}

export interface Contract {
  readonly symbol: string;
  /** Digits behind the point of a price. */
  readonly pricePrecision: number | null;
  readonly launchTime: EpochMs | null;
}

/** The REST source. Throws RetryableError (try later) or BadDataError (this request can never work). */
export interface History {
  read(request: HistoryRequest, signal: AbortSignal): Promise<HistoryPage>;
  contracts(signal: AbortSignal): Promise<readonly Contract[]>;
  /** Measures the offset of the exchange's clock anew. */
  syncClock(signal: AbortSignal): Promise<void>;
}

export type MarketStreamEvent =
  | { readonly kind: 'connected'; readonly connection: number; readonly symbols: readonly string[] }
  | {
      readonly kind: 'disconnected';
      readonly connection: number;
      readonly symbols: readonly string[];
      readonly reason: string;
      readonly retryInMs: number;
    }
  /** A frame arrived that carries no candle (a ping, an answer): the link is alive. */
  | { readonly kind: 'heartbeat'; readonly connection: number; readonly receivedAt: EpochMs }
  | {
      readonly kind: 'update';
      readonly connection: number;
      readonly receivedAt: EpochMs;
      readonly update: CandleUpdate;
    }
  | { readonly kind: 'rejected'; readonly symbol: string; readonly code: number; readonly message: string };

/** The WebSocket source. `receivedAt` is exchange time. Ends when the signal aborts; stopping the loop closes the sockets first. */
export interface MarketStream {
  events(
    symbols: readonly string[],
    interval: Interval,
    signal: AbortSignal,
  ): AsyncIterable<MarketStreamEvent>;
}

// ---- the store ----------------------------------------------------------------------------------------------------------

/** What the store knows of a series beside its candles. */
export interface SeriesRecord extends Series {
  /** Open time of the oldest candle ever stored; null before the first. */
  readonly firstSlot: EpochMs | null;
  readonly launchTime: EpochMs | null;
  readonly pricePrecision: number | null;
  readonly historyStart: HistoryStart;
}

/** New facts about one series; all parts go in with one transaction. */
export interface SlotFacts {
  readonly series: Series;
  readonly candles?: readonly Candle[];
  readonly absences?: readonly Absence[];
  readonly historyStart?: HistoryStartAnswer;
}

export interface StoredDay {
  /** Ascending by open time. */
  readonly candles: readonly Candle[];
  readonly absences: readonly Absence[];
}

/** A final candle that was replaced by another one: the append-only log. */
export interface Revision {
  readonly series: Series;
  readonly openTime: EpochMs;
  /** Process clock at the write. */
  readonly at: EpochMs;
  readonly before: Candle;
  readonly after: Candle;
}

export interface CandleStore {
  /** Every series in the store, sorted by market, symbol, interval. */
  listSeries(): Promise<readonly SeriesRecord[]>;
  /** Makes the series known and notes what its contract says; null keeps what is known. */
  describeSeries(series: Series, facts: Pick<SeriesRecord, 'launchTime' | 'pricePrecision'>): Promise<void>;
  /**
   * Writes facts under the merge law, atomically: a record replaces another of its slot only if its key is greater. Marks the days
   * whose lake rows may change, and logs replaced finals, in the same transaction. Durable when it resolves.
   * Returns how many slots changed in a way that the lake can show.
   */
  merge(facts: readonly SlotFacts[]): Promise<number>;
  /** The candles and absences of the UTC day that starts at `day`. */
  readDay(series: Series, day: EpochMs): Promise<StoredDay>;
  revisions(series: Series): Promise<readonly Revision[]>;
}

/** A day whose lake objects are stale. */
export interface DirtyDay {
  readonly day: EpochMs;
  /** Grows with every mark, never reused. */
  readonly generation: number;
}

/** What deriving one day leaves behind, committed with one transaction. */
export interface DayCommit extends DirtyDay {
  readonly checkpoints: readonly CheckpointRecord[];
  readonly coverage: readonly (CoverageRecord & { readonly series: Series })[];
}

export interface CheckpointRecord {
  readonly series: Series;
  readonly timeframeMinutes: number;
  readonly state: IndicatorState;
}

export interface CoverageRecord {
  readonly day: EpochMs;
  readonly coverage: Coverage;
}

/** The derivation's side of the store. The interval is the one that the recorded settings name. */
export interface DerivationStore {
  readSettings(): Promise<LakeSettings | null>;
  /** Records the settings; when they differ from those recorded, drops all checkpoints and marks every day from the first slot to `as_of`. */
  writeSettings(settings: LakeSettings): Promise<void>;
  /** The watermark: slots that close by it are covered. 0 before the first {@link advanceAsOf}. */
  readAsOf(): Promise<EpochMs>;
  /** Raises the watermark (a smaller value changes nothing) and marks the days that it touches. Returns the watermark. */
  advanceAsOf(asOf: EpochMs): Promise<EpochMs>;
  /** Marked days that start before `as_of`, oldest first. */
  dirtyDays(): Promise<readonly DirtyDay[]>;
  /** The state after the last bar of `day`; null when that day was never derived. */
  readCheckpoint(series: Series, timeframeMinutes: number, day: EpochMs): Promise<IndicatorState | null>;
  /**
   * Stores checkpoints and coverage, marks the next day if a checkpoint changed (and it starts before `as_of`), and clears the mark of the day if its
   * generation is still the same. Returns whether the mark was cleared.
   */
  commitDay(commit: DayCommit): Promise<boolean>;
  /** Coverage as of the last derivation, of the days in [from, to), ascending; days that are marked since are left out. */
  readCoverage(series: Series, from: EpochMs, to: EpochMs): Promise<readonly CoverageRecord[]>;
}

/** Requests that may start within each window, by the window's length in ms. */
export type PaceLimits = readonly { readonly windowMs: number; readonly requests: number }[];

/** The request pace that all processes on one store share, restarts included. */
export interface PaceStore {
  /** Takes a place for one request at `now` and returns 0, or returns the ms to wait before asking again. Atomic. */
  reserve(now: EpochMs, limits: PaceLimits): Promise<number>;
  /** Nobody starts a request before `until`. */
  pause(until: EpochMs): Promise<void>;
}

// ---- the lake -----------------------------------------------------------------------------------------------------------

/** Whole objects by path. Every read and write is of a whole object; a reader sees the old or the new one. */
export interface ObjectStore {
  /** A token of the object's present content, null when there is none. */
  version(path: string): Promise<string | null>;
  read(path: string): Promise<Uint8Array | null>;
  /** Replaces the object if it still has version `expected`, else throws ConflictError; equal content is left alone. */
  put(path: string, bytes: Uint8Array, expected: string | null): Promise<'written' | 'unchanged'>;
  remove(path: string, expected: string | null): Promise<void>;
  /** The paths of all objects, sorted. */
  list(): Promise<readonly string[]>;
}

/** One encoder for all tables: bytes of a Parquet file. */
export type EncodeTable = (table: LakeTable) => Uint8Array;

/** Rows of one lake object, in order, as columns. */
export interface LakeTable {
  readonly name: 'candles' | 'bars' | 'coverage';
  readonly length: number;
  /** By column name, as `lake/tables.ts` defines them. */
  readonly columns: Readonly<Record<string, LakeColumn>>;
  readonly metadata: LakeMetadata;
}

/** What the file says about its own making. Nothing here depends on the program or on the time of writing. */
export interface LakeMetadata {
  readonly schemaVersion: number;
  readonly derivationVersion: number;
  /** Of bars only: candles and coverage do not depend on them. */
  readonly periods?: Periods;
}

/** Numbers in typed arrays (timestamps are doubles of epoch ms); NaN in a nullable column is null. */
export type LakeColumn = TextColumn | Float64Array | Int32Array;

/** Few texts, many rows: the text of row i is `texts[codes[i]]`. */
export interface TextColumn {
  readonly texts: readonly (string | null)[];
  readonly codes: Uint16Array;
}

/** Runs `work` while no other process derives the same lake; waits for its turn. */
export type WithLakeLease = <T>(work: () => Promise<T>, signal: AbortSignal) => Promise<T>;

// ---- what the user sees -------------------------------------------------------------------------------------------------

/** The bars of one series, timeframe and day, as just derived. */
export interface DerivedBars {
  readonly series: SeriesRecord;
  readonly timeframeMinutes: number;
  readonly day: EpochMs;
  readonly bars: BarColumns;
  readonly indicators: IndicatorColumns;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** One thing that happened, for the terminal, the log and the metrics. `kind` is a stable word, `fields` plain JSON. */
export interface ReportedEvent {
  readonly level: LogLevel;
  readonly kind: string;
  readonly message: string;
  readonly fields?: Readonly<Record<string, string | number | boolean | null>>;
}

export type Report = (event: ReportedEvent) => void;

import {
  type CandleUpdate,
  DAY_MS,
  type EpochMs,
  formatTimeframe,
  type LiveEvent,
  type LiveStale,
  type LiveTopic,
  RequestError,
  type StatusAnswer,
  startOfDay,
  type TopicLook,
} from '@candlelake/core';
import { createLiveClient, type LiveClientOptions } from './liveClient.ts';
import { type LiveListener, LiveTopics, type TopicState } from './liveTopics.ts';
import { createStatusNews, type StatusNews } from './statusNews.ts';

/** How often clients are told of changes, in real ms. */
const TICK_MS = 250;
const MAX_CLIENTS = 200;

/** What the running stream tells of its candles. Every method only takes a note. */
export interface LiveFeed {
  updated(update: CandleUpdate): void;
  /** Slots of these symbols were written. */
  merged(symbols: Iterable<string>): void;
  /** The objects of a day were written. */
  derived(day: EpochMs): void;
}

export interface LiveHubOptions {
  /** Reads what has changed, away from the receive path. */
  readonly look: (looks: readonly TopicLook[]) => Promise<readonly (readonly LiveEvent[])[]>;
  readonly forget: (topic: LiveTopic) => void;
  readonly status: () => StatusAnswer;
  /** Exchange time. */
  readonly now: () => EpochMs;
  /** Called when a look fails. */
  readonly onFailure: (error: unknown) => void;
  /** Tells this run of the program from others. */
  readonly runId: string;
}

/** A client that connects. */
export interface LiveRequest extends Pick<LiveClientOptions, 'disconnect'> {
  readonly topic: LiveTopic;
  /** The id of the last event that it has; null for none. */
  readonly lastEventId: string | null;
}

/**
 * Tells clients of live bars. The receive path only takes notes; four times a second what has changed of the
 * topics that have clients is looked up and sent, each text once for all clients of a topic.
 */
export class LiveHub implements LiveFeed {
  readonly #options: LiveHubOptions;
  readonly #topics: LiveTopics;
  readonly #news: StatusNews;
  readonly #updates = new Map<string, CandleUpdate>();
  /** Symbols whose slots were written since the last look. */
  #changed = new Set<string>();
  #derivedDays = new Set<EpochMs>();
  #isLooking = false;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: LiveHubOptions) {
    this.#options = options;
    this.#topics = new LiveTopics(options.runId);
    this.#news = createStatusNews(options.status);
  }

  updated(update: CandleUpdate): void {
    const known = this.#updates.get(update.symbol);
    if (known === undefined || known.openTime <= update.openTime) this.#updates.set(update.symbol, update);
  }

  merged(symbols: Iterable<string>): void {
    if (this.#timer !== null) for (const symbol of symbols) this.#changed.add(symbol);
  }

  derived(day: EpochMs): void {
    if (this.#timer !== null) this.#derivedDays.add(day);
  }

  /** The last update of a symbol's open candle; null when none has arrived. */
  updateOf(symbol: string): CandleUpdate | null {
    return this.#updates.get(symbol) ?? null;
  }

  /** Connects a client, and returns its stream. Throws RequestError when there are too many. */
  connect({ topic, lastEventId, disconnect }: LiveRequest): ReadableStream<Uint8Array> {
    if (this.#topics.clientCount >= MAX_CLIENTS)
      throw new RequestError(503, `${MAX_CLIENTS} clients follow live bars, expected fewer: try again later`);
    const state = this.#topics.follow(topic);
    const onGone = () => {
      state.clients.delete(client);
      state.leftAt = Date.now();
    };
    const client = createLiveClient({ disconnect, onGone });
    client.send(Buffer.from(this.#topics.firstText(state, lastEventId, this.#options.status())));
    state.clients.add(client);
    this.#start();
    return client.body;
  }

  /** Calls `listener` with the events and statuses of a topic, until the returned function is called. */
  follow(topic: LiveTopic, listener: LiveListener): () => void {
    const { listeners } = this.#topics.follow(topic);
    listeners.add(listener);
    this.#start();
    return () => void listeners.delete(listener);
  }

  /** Disconnects all clients. */
  close(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
    for (const { clients } of this.#topics.all()) for (const client of clients) client.close();
  }

  #start(): void {
    this.#timer ??= setInterval(() => void this.#tick(), TICK_MS);
  }

  async #tick(): Promise<void> {
    const status = this.#news.next(Date.now());
    if (status !== null) this.#topics.publishStatus(status);
    // A look that takes longer than a tick is not joined by another one.
    if (this.#isLooking) return;
    this.#isLooking = true;
    this.#tellOfDays();
    await this.#look();
    this.#isLooking = false;
    for (const topic of this.#topics.endUnused(Date.now())) this.#options.forget(topic);
    if (this.#topics.all().length > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }

  /** The bars of days before yesterday are not followed one by one. */
  #tellOfDays(): void {
    const yesterday = startOfDay(this.#options.now()) - DAY_MS;
    const older = [...this.#derivedDays].filter((day) => day < yesterday);
    const isNewer = older.length < this.#derivedDays.size;
    this.#derivedDays = new Set();
    for (const state of this.#topics.all()) {
      if (isNewer) this.#changed.add(state.topic.symbol);
      for (const data of staleRanges(state.topic, older))
        this.#topics.publish(state, { name: 'stale', data, isKept: true });
    }
  }

  async #look(): Promise<void> {
    const due = this.#topics.all().filter((state) => this.#isDue(state));
    if (due.length === 0) return;
    const looks = due.map((state): TopicLook => {
      const { symbol } = state.topic;
      return {
        ...state.topic,
        update: this.updateOf(symbol),
        hasChanged: state.isNew || this.#changed.has(symbol),
      };
    });
    this.#changed = new Set();
    for (const [at, state] of due.entries())
      Object.assign(state, { update: looks[at]!.update, isNew: false });
    try {
      const events = await this.#options.look(looks);
      for (const [at, state] of due.entries()) {
        if (state.hasFailed) this.#topics.reset(state);
        for (const event of events[at]!) this.#topics.publish(state, event);
      }
    } catch (error) {
      for (const state of due) Object.assign(state, { isNew: true, hasFailed: true });
      this.#options.onFailure(error);
    }
  }

  #isDue({ topic: { symbol }, update, isNew }: TopicState): boolean {
    return isNew || this.#changed.has(symbol) || update !== this.updateOf(symbol);
  }
}

/** Neighbouring days as one range. */
function staleRanges(
  { symbol, timeframeMinutes }: LiveTopic,
  days: readonly EpochMs[],
): readonly LiveStale[] {
  const name = { symbol, timeframe: formatTimeframe(timeframeMinutes) };
  const ranges: LiveStale[] = [];
  for (const from of days.toSorted((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last?.to === from) ranges[ranges.length - 1] = { ...last, to: from + DAY_MS };
    else ranges.push({ ...name, from, to: from + DAY_MS });
  }
  return ranges;
}

import {
  type CandleUpdate,
  type EpochMs,
  type LiveEvent,
  LiveLog,
  type LiveTopic,
  type StatusAnswer,
  type StreamEvent,
  topicKey,
} from '@candlelake/core';
import { eventText, type LiveClient } from './liveClient.ts';

/** A topic without clients is followed this long, in real ms, so that a client that returns loses nothing. */
const LINGER_MS = 60_000;

/** Is called with events of this process itself. */
export type LiveListener = (event: StreamEvent) => void;

/** What is known of a topic that is followed. */
export interface TopicState {
  readonly topic: LiveTopic;
  readonly key: string;
  readonly clients: Set<LiveClient>;
  readonly listeners: Set<LiveListener>;
  /** The update of the last look. */
  update: CandleUpdate | null;
  /** The next look is the first one, or the first one after a failure. */
  isNew: boolean;
  hasFailed: boolean;
  /** For a client that connects: the newest open bar and coverage. */
  open: { readonly openTime: EpochMs; readonly text: string } | null;
  coverage: string;
  /** When its last client left, in real ms. */
  leftAt: number;
}

const encoder = new TextEncoder();

/** The topics that are followed, their clients and the events that a returning client may have missed. */
export class LiveTopics {
  readonly #log: LiveLog;
  readonly #topics = new Map<string, TopicState>();

  /** `runId` tells this run of the program from others. */
  constructor(runId: string) {
    this.#log = new LiveLog(runId);
  }

  all(): readonly TopicState[] {
    return [...this.#topics.values()];
  }

  get clientCount(): number {
    return this.all().reduce((sum, { clients }) => sum + clients.size, 0);
  }

  /** Follows a topic, if it is not followed yet. */
  follow(topic: LiveTopic): TopicState {
    const key = topicKey(topic);
    const known = this.#topics.get(key);
    if (known) return known;
    const told = { update: null, isNew: true, hasFailed: false, open: null, coverage: '', leftAt: 0 };
    const state: TopicState = { topic, key, clients: new Set(), listeners: new Set(), ...told };
    this.#topics.set(key, state);
    this.#log.open(key);
    return state;
  }

  /** What a client gets first, with the texts of the events after its last one. */
  firstText({ key, coverage, open }: TopicState, lastEventId: string | null, status: unknown): string {
    const missed = lastEventId === null ? [] : this.#log.since(key, lastEventId);
    const reset =
      missed === null ? eventText('reset', { reason: 'the events since then are not known' }) : '';
    const statusText = eventText('status', status, this.#log.id);
    return ['retry: 1000\n\n', reset, ...(missed ?? []), statusText, coverage, open?.text ?? ''].join('');
  }

  /** Sends an event to the clients of a topic, and keeps it if a returning client needs it. */
  publish(state: TopicState, event: LiveEvent): void {
    tell(state, event);
    const { name, data, isKept } = event;
    const text = isKept ? this.#log.add(state.key, (id) => eventText(name, data, id)) : eventText(name, data);
    if (name === 'coverage') state.coverage = text;
    if (name === 'bar' && data.is_open) state.open = { openTime: data.open_time, text };
    else if (name === 'bar' && state.open?.openTime === data.open_time) state.open = null;
    send(state, text);
  }

  /** Sends the status to all clients. */
  publishStatus(status: StatusAnswer): void {
    const text = eventText('status', status, this.#log.id);
    for (const state of this.#topics.values()) {
      send(state, text);
      tell(state, { name: 'status', data: status });
    }
  }

  /** After a failure events may be missing: the clients of the topic load everything again. */
  reset(state: TopicState): void {
    this.#log.close(state.key);
    this.#log.open(state.key);
    state.hasFailed = false;
    const data = { reason: 'changes may have been missed' };
    send(state, eventText('reset', data, this.#log.id));
    tell(state, { name: 'reset', data });
  }

  /** Ends the topics that have been without a client for a minute, and returns them. `now` is real time. */
  endUnused(now: number): readonly LiveTopic[] {
    const unused = this.all().filter(
      ({ clients, listeners, leftAt }) =>
        clients.size === 0 && listeners.size === 0 && now - leftAt >= LINGER_MS,
    );
    for (const { key } of unused) {
      this.#topics.delete(key);
      this.#log.close(key);
    }
    return unused.map(({ topic }) => topic);
  }
}

function tell({ listeners }: TopicState, event: StreamEvent): void {
  for (const listener of listeners) listener(event);
}

function send({ clients }: TopicState, text: string): void {
  if (clients.size === 0) return;
  // The same bytes for all of them.
  const bytes = encoder.encode(text);
  for (const client of clients) client.send(bytes);
}

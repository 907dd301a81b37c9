import {
  type AlertSink,
  confirmedCandle,
  createGapWatch,
  intervalMs,
  type LiveTopic,
  type Settings,
  type StreamEvent,
} from '@candlelake/core';
import { createClock } from '@candlelake/node';
import { runStream, type StreamRun } from '../commands/runStream.ts';
import { createStreamApi } from '../commands/streamApi.ts';
import type { LiveListener } from '../http/liveTopics.ts';
import { createStop } from '../stop.ts';
import { EventReader } from './eventReader.ts';
import { type StreamOptions, streamSettings } from './streamOptions.ts';

/**
 * Streams the live market into a folder, as `candlelake stream` does without its HTTP server, and yields what
 * happens. It starts with the first `next` and has one reader. The signal stops it, and so does `return`,
 * which the end of a `for await` calls. When the iteration is over, everything is stored and the folder is
 * free.
 *
 * Throws ConfigError for wrong options. `next` throws what ends the stream: ConfigError,
 * StoreDamagedError, or another Error.
 */
export function stream(options: StreamOptions = {}): AsyncIterableIterator<StreamEvent, undefined> {
  return new EventStream(streamSettings(options), options);
}

const DONE = { done: true, value: undefined } as const;

class EventStream implements AsyncIterableIterator<StreamEvent, undefined> {
  readonly #settings: Settings;
  readonly #options: StreamOptions;
  readonly #events = new EventReader();
  readonly #stop = createStop();
  /** Settles with the run; null before the first `next`. */
  #run: Promise<void> | null = null;

  constructor(settings: Settings, options: StreamOptions) {
    this.#settings = settings;
    this.#options = options;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<StreamEvent, undefined>> {
    const { signal } = this.#options;
    if (this.#run === null) {
      if (signal?.aborted || this.#stop.signal.aborted) return DONE;
      this.#run = this.#start(signal);
      this.#run.then(
        () => (this.#stop.signal.aborted ? this.#events.end() : this.#events.finish()),
        (error) => this.#events.end(error),
      );
    }
    return this.#events.next();
  }

  async return(): Promise<IteratorResult<StreamEvent, undefined>> {
    this.#stop.begin('its reader');
    this.#events.end();
    try {
      await this.#run;
    } finally {
      // The run may have ended before this stop, or never begun.
      this.#stop.dispose();
    }
    return DONE;
  }

  async #start(signal: AbortSignal | undefined): Promise<void> {
    const begin = () => this.#stop.begin('its signal');
    signal?.addEventListener('abort', begin, { once: true });
    const { onReport = () => {} } = this.#options;
    const clock = createClock(this.#settings.clock);
    const api = createStreamApi({ settings: this.#settings, clock, report: onReport });
    try {
      const parts = { clock, api, report: onReport, stop: this.#stop };
      await runStream(this.#settings, createRun(this.#settings, this.#events, parts));
    } finally {
      api.close();
      this.#stop.dispose();
      signal?.removeEventListener('abort', begin);
    }
  }
}

type RunParts = Pick<StreamRun, 'clock' | 'report' | 'stop' | 'api'>;

/** The run of a stream whose events go to a reader. */
function createRun(settings: Settings, events: EventReader, parts: RunParts): StreamRun {
  const startedAt = parts.clock.now();
  const lengthMs = intervalMs(settings.interval);
  const sink: AlertSink = {
    name: 'library',
    target: 'the reader of the stream',
    send: (notice, signal) => events.pushCrossover(notice, signal),
  };
  return {
    ...parts,
    ...{ url: null, sinks: [sink] },
    onMerged(slots) {
      for (const slot of slots) {
        const candle = slot.openTime + lengthMs > startedAt ? confirmedCandle(slot) : null;
        if (candle) events.push({ name: 'candle', data: candle });
      }
    },
    onStart() {
      const endings = topicsOf(settings).map((topic) =>
        parts.api.follow(topic, createListener(topic, events)),
      );
      return () => {
        for (const end of endings) end();
      };
    },
  };
}

interface FollowedTopic extends LiveTopic {
  /** Events that all topics get are taken from the first topic of all. */
  readonly givesStatus: boolean;
  /** Events that all topics of a symbol get are taken from its first topic. */
  readonly givesCoverage: boolean;
}

function topicsOf({ symbols, timeframes }: Settings): readonly FollowedTopic[] {
  return symbols.flatMap((symbol, at) =>
    timeframes.map((timeframeMinutes, index) => ({
      ...{ symbol, timeframeMinutes },
      givesStatus: at === 0 && index === 0,
      givesCoverage: index === 0,
    })),
  );
}

function createListener({ givesStatus, givesCoverage }: FollowedTopic, events: EventReader): LiveListener {
  const gapsIn = createGapWatch();
  return (event) => {
    if (event.name === 'status' && !givesStatus) return;
    if (event.name === 'coverage' && !givesCoverage) return;
    // A new object: events of the hub have a field more.
    events.push({ name: event.name, data: event.data } as StreamEvent);
    if (event.name === 'coverage') for (const gap of gapsIn(event.data)) events.push(gap);
  };
}

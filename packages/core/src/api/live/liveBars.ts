import type { CandleUpdate } from '../../domain/candle/candle.ts';
import { formatTimeframe } from '../../domain/time/timeframe.ts';
import { readLake } from '../answer.ts';
import type { ApiPorts } from '../ports.ts';
import { type Parameters, readParameters, readSeries, readTimeframe } from '../query.ts';
import { type BarWatch, createBarWatch, type LiveEvent } from './barWatch.ts';

/** The bars that a client follows. */
export interface LiveTopic {
  readonly symbol: string;
  readonly timeframeMinutes: number;
}

/** A topic that is looked at. */
export interface TopicLook extends LiveTopic {
  readonly update: CandleUpdate | null;
  readonly hasChanged: boolean;
}

/** The bars that clients follow. */
export interface LiveBars {
  /** The topic of a request. Throws RequestError for a wrong one. */
  topicOf(parameters: Parameters): Promise<LiveTopic>;
  /** What has changed, by topic, in the order of `looks`. A symbol that is unknown has no events. */
  look(looks: readonly TopicLook[]): Promise<readonly (readonly LiveEvent[])[]>;
  forget(topic: LiveTopic): void;
}

/** The text of a topic: one for each symbol and timeframe. */
export function topicKey({ symbol, timeframeMinutes }: LiveTopic): string {
  return `${symbol} ${formatTimeframe(timeframeMinutes)}`;
}

export function createLiveBars(ports: ApiPorts): LiveBars {
  const watches = new Map<string, BarWatch>();
  let lake: Awaited<ReturnType<typeof readLake>> | null = null;
  return {
    async topicOf(parameters) {
      lake = await readLake(ports);
      const values = readParameters(parameters, ['symbol', 'timeframe']);
      const { symbol } = readSeries(values, lake.series);
      return { symbol, timeframeMinutes: readTimeframe(values, lake.settings) };
    },
    async look(looks) {
      if (lake === null || looks.some(({ hasChanged }) => hasChanged)) lake = await readLake(ports);
      const { settings, series } = lake;
      const events: (readonly LiveEvent[])[] = [];
      for (const { update, hasChanged, ...topic } of looks) {
        const record = series.find(({ symbol }) => symbol === topic.symbol);
        const key = topicKey(topic);
        const watch = watches.get(key) ?? createBarWatch(ports, topic.timeframeMinutes);
        watches.set(key, watch);
        events.push(record ? await watch.look({ record, settings, update, hasChanged }) : []);
      }
      return events;
    },
    forget: (topic) => void watches.delete(topicKey(topic)),
  };
}

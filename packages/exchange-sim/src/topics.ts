import type { EpochMs } from '@candlelake/core';
import type { Exchange } from './exchange.ts';
import { isHidden } from './faults.ts';
import { framesFrom, gzipFrame, type PlannedFrame, streamValues } from './frames.ts';
import type { Instrument } from './instrument.ts';
import { lengthOfInterval } from './intervals.ts';
import type { Appointment } from './schedule.ts';

/** Who listens to a channel. */
export interface Listener {
  send(frame: Buffer | string): void;
}

export interface Topics {
  /** Returns whether there is such a channel. */
  join(dataType: string, listener: Listener): boolean;
  leave(dataType: string, listener: Listener): void;
}

interface Topic {
  readonly dataType: string;
  readonly instrument: Instrument;
  readonly intervalMs: number;
  readonly listeners: Set<Listener>;
  appointment: Appointment | null;
}

/** The kline channels: each frame is made once, when it is due, for all who listen. */
export function createTopics(exchange: Exchange): Topics {
  const topics = new Map<string, Topic>();
  return {
    join(dataType, listener) {
      const topic = topics.get(dataType) ?? openTopic(exchange, dataType);
      if (!topic) return false;
      topic.listeners.add(listener);
      if (!topics.has(dataType)) {
        topics.set(dataType, topic);
        sendNext(exchange, topic, framesFrom(topic.instrument, topic.intervalMs, exchange.clock.now()));
      }
      return true;
    },
    leave(dataType, listener) {
      const topic = topics.get(dataType);
      topic?.listeners.delete(listener);
      if (topic?.listeners.size !== 0) return;
      if (topic.appointment) topic.appointment.cancelled = true;
      topics.delete(dataType);
    },
  };
}

function openTopic(exchange: Exchange, dataType: string): Topic | null {
  const [, symbol = '', interval = ''] = /^([^@]+)@kline_(\w+)$/.exec(dataType) ?? [];
  const instrument = exchange.market.get(symbol);
  const intervalMs = lengthOfInterval(interval);
  if (!instrument || intervalMs === null || intervalMs % instrument.baseMs !== 0) return null;
  return { dataType, instrument, intervalMs, listeners: new Set(), appointment: null };
}

function sendNext(exchange: Exchange, topic: Topic, frames: Generator<PlannedFrame>): void {
  const next = frames.next();
  if (next.done) return;
  topic.appointment = exchange.schedule.at(next.value.sendAt, () => {
    sendCandle(exchange, topic, next.value);
    sendNext(exchange, topic, frames);
  });
}

function sendCandle(exchange: Exchange, topic: Topic, frame: PlannedFrame): void {
  const { faults, counts } = exchange;
  const { symbol } = topic.instrument;
  if (!frame.candle || faults.silent || isMuted(exchange, symbol)) return;
  if (isHidden(faults, 'stream', { symbol, openTime: frame.openTime })) return;
  const values = streamValues(topic.instrument, frame.candle, shownTime(exchange, topic, frame.openTime));
  const text = JSON.stringify({ code: 0, dataType: topic.dataType, s: symbol, data: [values] });
  const encoded = faults.streamEncoding === 'text' ? text : gzipFrame(text, exchange.gzip);
  counts.candleFramesSent += topic.listeners.size;
  for (const listener of topic.listeners) listener.send(encoded);
}

function isMuted(exchange: Exchange, symbol: string): boolean {
  const { muted } = exchange.faults;
  return muted === 'all' || muted.includes(symbol);
}

function shownTime(exchange: Exchange, topic: Topic, openTime: EpochMs): EpochMs {
  return exchange.faults.streamTime === 'open' ? openTime : openTime + topic.intervalMs - 1;
}

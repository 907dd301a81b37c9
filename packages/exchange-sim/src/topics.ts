import type { Exchange } from './exchange.ts';
import { isInHole } from './faults.ts';
import { framesFrom, gzipFrame, type PlannedFrame, type StreamValues, streamValues } from './frames.ts';
import type { Instrument } from './instrument.ts';
import { lengthOfInterval } from './intervals.ts';
import { drawGarbage, lieInFrame } from './lies.ts';
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
  /** What was sent last; null at first. */
  shown: StreamValues | null;
}

/** The symbol of {@link LIES} `foreignSymbol`. */
const FOREIGN_SYMBOL = 'FOREIGN-USDT';

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
  return { dataType, instrument, intervalMs, listeners: new Set(), appointment: null, shown: null };
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
  if (!frame.candle || faults.silent || faults.muted === 'all' || faults.muted.includes(symbol)) return;
  if (isInHole(faults, 'stream', { symbol, openTime: frame.openTime })) return;
  const time = faults.streamTime === 'open' ? frame.openTime : frame.openTime + topic.intervalMs - 1;
  const values = streamValues(topic.instrument, frame.candle, time);
  const garbage = drawGarbage(exchange);
  if (garbage !== null) sendAll(topic, garbage);
  const lie = lieInFrame(exchange, values, topic.intervalMs);
  if (lie) sendMessage(exchange, topic, lie.values, lie.kind === 'foreignSymbol' ? FOREIGN_SYMBOL : symbol);
  if (!lie?.instead) sendMessage(exchange, topic, values, symbol);
  topic.shown = values;
  counts.candleFramesSent += topic.listeners.size;
}

/** The push of a candle; keys and their order as recorded. */
function sendMessage(exchange: Exchange, topic: Topic, values: unknown, symbol: string): void {
  const dataType = topic.dataType.replace(topic.instrument.symbol, symbol);
  const text = JSON.stringify({ code: 0, dataType, s: symbol, data: shapeData(exchange, topic, values) });
  sendAll(topic, exchange.faults.streamEncoding === 'text' ? text : gzipFrame(text, exchange.gzip));
}

function shapeData(exchange: Exchange, topic: Topic, values: unknown): unknown {
  switch (exchange.faults.streamData) {
    case 'array':
      return [values];
    case 'pair':
      return topic.shown ? [topic.shown, values] : [values];
    case 'object':
      return values;
    case 'null':
      return null;
    case 'emptyObject':
      return {};
  }
}

function sendAll(topic: Topic, frame: Buffer | string): void {
  for (const listener of topic.listeners) listener.send(frame);
}

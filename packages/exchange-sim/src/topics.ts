import type { EpochMs } from '@candlelake/core';
import { drawGarbage, spoilFrame } from './badValues.ts';
import { contractState } from './contracts.ts';
import type { Exchange } from './exchange.ts';
import { includesSymbol } from './faults.ts';
import { framesFrom, gzipFrame, type PlannedFrame, type StreamValues, streamValues } from './frames.ts';
import type { Instrument } from './instrument.ts';
import type { ScheduledTask } from './schedule.ts';
import { isHidden } from './slotFaults.ts';
import type { StreamWire } from './streamWire.ts';
import { startOf, unitsAt } from './view.ts';

/** Receiver of a topic's frames. */
export interface Listener {
  send(frame: Buffer | string): void;
}

export interface Topics {
  /** Subscribes a listener; returns false for a topic that does not exist or is refused. */
  join(dataType: string, listener: Listener): boolean;
  leave(dataType: string, listener: Listener): void;
  /** Whether there is such a symbol and interval. */
  isKnown(dataType: string): boolean;
  /** A data frame of the open candle, or of the one before it; null when both had no trade. */
  currentFrame(dataType: string): Buffer | string | null;
}

interface Channel {
  readonly wire: StreamWire;
  readonly dataType: string;
  readonly instrument: Instrument;
  readonly intervalMs: number;
}

interface Topic extends Channel {
  readonly listeners: Set<Listener>;
  next: ScheduledTask | null;
  /** The values sent last; null before the first frame. */
  shown: StreamValues | null;
}

/** The symbol of a frame with the bad value `foreignSymbol`. */
const FOREIGN_SYMBOL = 'FOREIGN-USDT';

/** The kline topics of one market. A frame is made once, when it is due, for all listeners of its topic. */
export function createTopics(exchange: Exchange, wire: StreamWire): Topics {
  const topics = new Map<string, Topic>();
  return {
    join(dataType, listener) {
      const channel = findChannel(exchange, wire, dataType);
      if (!channel || !isServed(exchange, channel.instrument)) return false;
      const topic = topics.get(dataType) ?? { ...channel, listeners: new Set(), next: null, shown: null };
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
      if (topic.next) topic.next.cancelled = true;
      topics.delete(dataType);
    },
    isKnown: (dataType) => findChannel(exchange, wire, dataType) !== null,
    currentFrame(dataType) {
      const channel = findChannel(exchange, wire, dataType);
      if (!channel) return null;
      const now = exchange.clock.now();
      const openTime = startOf(now, channel.intervalMs);
      const values =
        valuesAt(exchange, channel, openTime, now) ??
        valuesAt(exchange, channel, openTime - channel.intervalMs, now);
      return values && encode(exchange, messageOf(exchange, channel, { data: [values] }));
    },
  };
}

function findChannel(exchange: Exchange, wire: StreamWire, dataType: string): Channel | null {
  const [, symbol = '', interval = ''] = /^([^@]+)@kline_(\w+)$/.exec(dataType) ?? [];
  const instrument = wire.market(exchange).get(symbol);
  const intervalMs = wire.lengthOfInterval(interval);
  if (!instrument || intervalMs === null || intervalMs % instrument.baseMs !== 0) return null;
  return { wire, dataType, instrument, intervalMs };
}

/** Whether a symbol's topics are accepted: its contract is listed and online, and no fault refuses it. */
function isServed({ faults }: Exchange, instrument: Instrument): boolean {
  return contractState(faults, instrument)?.status === 1 && !faults.refusedTopics.includes(instrument.symbol);
}

function sendNext(exchange: Exchange, topic: Topic, frames: Generator<PlannedFrame>): void {
  const next = frames.next();
  if (next.done) return;
  topic.next = exchange.schedule.at(next.value.sendAt, () => {
    sendCandle(exchange, topic, next.value);
    sendNext(exchange, topic, frames);
  });
}

function sendCandle(exchange: Exchange, topic: Topic, { candle, openTime }: PlannedFrame): void {
  const { symbol } = topic.instrument;
  if (!candle || isMuted(exchange, topic.instrument, openTime)) return;
  const values = streamValues(topic.instrument, candle, shownTime(exchange, topic, openTime));
  const garbage = drawGarbage(exchange);
  if (garbage !== null) sendAll(topic, garbage);
  const bad = spoilFrame(exchange, { symbol, openTime }, values, topic.intervalMs);
  if (bad) sendMessage(exchange, topic, bad.values, bad.kind === 'foreignSymbol' ? FOREIGN_SYMBOL : symbol);
  if (!bad?.instead) sendMessage(exchange, topic, values, symbol);
  topic.shown = values;
  exchange.counts.candleFramesSent += topic.listeners.size;
}

/** Whether a fault keeps the frames of a slot back. */
function isMuted({ faults }: Exchange, instrument: Instrument, openTime: EpochMs): boolean {
  const { symbol } = instrument;
  return (
    faults.silent ||
    includesSymbol(faults.muted, symbol) ||
    faults.paused.includes(symbol) ||
    contractState(faults, instrument) === null ||
    isHidden(faults, 'stream', { symbol, openTime })
  );
}

/** What the stream shows of a slot at `time`; null for a slot without a trade. */
function valuesAt(
  exchange: Exchange,
  channel: Channel,
  openTime: EpochMs,
  time: EpochMs,
): StreamValues | null {
  const candle = unitsAt(channel.instrument, channel.intervalMs, openTime, time);
  return candle && streamValues(channel.instrument, candle, shownTime(exchange, channel, openTime));
}

/** `T` of a candle's frames. */
function shownTime({ faults }: Exchange, { intervalMs }: Channel, openTime: EpochMs): EpochMs {
  return faults.streamTime === 'open' ? openTime : openTime + intervalMs - 1;
}

function sendMessage(exchange: Exchange, topic: Topic, values: unknown, symbol: string): void {
  const data = shapeData(exchange, topic, values);
  sendAll(topic, encode(exchange, messageOf(exchange, topic, { data, symbol })));
}

/** The push of a candle. */
function messageOf(
  { clock }: Exchange,
  { wire, dataType, instrument, intervalMs }: Channel,
  { data, symbol = instrument.symbol }: { readonly data: unknown; readonly symbol?: string },
): string {
  const named = dataType.replace(instrument.symbol, symbol);
  return JSON.stringify(wire.push({ dataType: named, symbol, intervalMs, data }, clock.now()));
}

function encode({ faults, gzip }: Exchange, text: string): Buffer | string {
  return faults.streamEncoding === 'text' ? text : gzipFrame(text, gzip);
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

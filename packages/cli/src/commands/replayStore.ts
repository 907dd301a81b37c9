import { ConfigError, formatInstant, paced, type ReplayEvent, replay } from '@candlelake/core';
import { createClock } from '@candlelake/node';
import type { SettingsReader } from '../flags.ts';
import { inChunks, writeBulk } from '../output/bulk.ts';
import { countOf, formatCount } from '../output/formatNumber.ts';
import type { CommandContext } from './commandContext.ts';
import { openExistingStore, readStoreSettings } from './readStore.ts';

/** Writes the stored candles as the events of a live stream, one JSON object a line. */
export async function replayStore(
  readSettings: SettingsReader,
  { lines, notes }: CommandContext,
): Promise<void> {
  const store = await openExistingStore(readSettings(null).output);
  try {
    const settings = await readStoreSettings(store, readSettings);
    const { speed } = settings;
    const counted = countedEvents(replay({ candles: store, derivation: store }, settings));
    const clock = createClock(null);
    if (speed === 0) await writeBulk(lines.stream, inChunks(jsonLines(counted.events)));
    else await writeBulk(lines.stream, withNewlines(jsonLines(paced(counted.events, { clock, speed }))));
    notes.write(counted.summary());
  } finally {
    store.close();
  }
}

/** Counts the events that pass. `summary` throws ConfigError when there was none. */
function countedEvents(source: AsyncIterable<ReplayEvent>) {
  const counts = { candle: 0, bar: 0, crossover: 0 };
  let first: number | null = null;
  let last = 0;
  async function* events(): AsyncGenerator<ReplayEvent> {
    for await (const event of source) {
      counts[event.name] += 1;
      first ??= event.time;
      last = event.time;
      yield event;
    }
  }
  return {
    events: events(),
    summary(): string {
      if (first === null) throw new ConfigError('the store has no candle of these symbols in the window');
      const { candle, bar, crossover } = counts;
      const told = `${countOf(candle, 'candle')}, ${formatCount(bar)} states of bars, ${countOf(crossover, 'crossover')}`;
      return `replayed ${told}, from ${formatInstant(first)} to ${formatInstant(last)}`;
    },
  };
}

async function* jsonLines(events: AsyncIterable<ReplayEvent>): AsyncGenerator<string> {
  for await (const event of events) yield JSON.stringify(event);
}

/** Each line is written when it is due. */
async function* withNewlines(lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield `${line}\n`;
}

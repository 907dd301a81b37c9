import type { MarketStreamEvent } from '../../packages/core/src/ports.ts';

/** Reads a stream in the background into a list. */
export function readEvents(stream: AsyncIterable<MarketStreamEvent>): {
  readonly events: readonly MarketStreamEvent[];
  readonly ended: Promise<void>;
} {
  const events: MarketStreamEvent[] = [];
  const read = async () => {
    for await (const event of stream) events.push(event);
  };
  return { events, ended: read() };
}

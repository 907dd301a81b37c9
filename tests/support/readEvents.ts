import type { MarketStreamEvent } from '../../packages/core/src/ports.ts';

/** Collects the events of a stream in the background. */
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

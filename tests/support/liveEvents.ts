import type { LiveEvents } from '@candlelake/core';

/** An event as a client receives it. */
export type ReceivedEvent = {
  readonly [N in keyof LiveEvents]: {
    readonly name: N;
    readonly data: LiveEvents[N];
    readonly id: string | null;
  };
}[keyof LiveEvents];

/** A client of `/api/live`. */
export interface LiveReader {
  /** The next event for which `isWanted` is true. Rejects when the stream ends before it. */
  next(isWanted?: (event: ReceivedEvent) => boolean): Promise<ReceivedEvent>;
  /** The id of the last event that has one. */
  readonly lastId: () => string | null;
  close(): Promise<void>;
}

export interface LiveReaderOptions {
  readonly url: string;
  readonly query: string;
  readonly lastEventId?: string;
}

/** Connects to `/api/live`. Throws when the answer is a problem. */
export async function openLive({ url, query, lastEventId }: LiveReaderOptions): Promise<LiveReader> {
  const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
  const leaving = new AbortController();
  const answer = await fetch(`${url}/api/live?${query}`, { headers, signal: leaving.signal });
  if (!answer.ok) throw new Error(await answer.text());
  const events = readEvents(answer.body!);
  let lastId: string | null = null;
  return {
    async next(isWanted = () => true) {
      for (;;) {
        const { value, done } = await events.next();
        if (done) throw new Error('the stream has ended');
        lastId = value.id ?? lastId;
        if (isWanted(value)) return value;
      }
    },
    lastId: () => lastId,
    async close() {
      leaving.abort();
      await events.return(undefined).catch(() => {});
    },
  };
}

/** Source of the format: HTML Standard, "Server-sent events". */
async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ReceivedEvent, void> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const part of body) {
    text += decoder.decode(part, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop()!;
    for (const block of blocks) {
      const fields = Object.fromEntries(
        block.split('\n').map((line) => line.split(/: (.*)/s) as [string, string]),
      );
      if (fields.event === undefined) continue;
      yield { name: fields.event as 'bar', data: JSON.parse(fields.data!), id: fields.id ?? null };
    }
  }
}

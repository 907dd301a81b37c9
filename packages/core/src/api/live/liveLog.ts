/** Events that a client which was away may still ask for. About 1 MB. */
const MAX_KEPT = 2_000;

interface KeptEvent {
  readonly number: number;
  readonly topic: string;
  readonly text: string;
}

/**
 * The newest kept events of all topics. Ids are `<start>-<number>`: numbers grow by one with each event, and
 * `start` is another one in each run of the program, so that an id of an earlier run is recognized.
 */
export class LiveLog {
  readonly #start: string;
  readonly #limit: number;
  readonly #topics = new Map<string, number>();
  #kept: KeptEvent[] = [];
  #number = 0;

  constructor(start: string, limit = MAX_KEPT) {
    this.#start = start;
    this.#limit = limit;
  }

  /** The id of the newest event. */
  get id(): string {
    return `${this.#start}-${this.#number}`;
  }

  /** Keeps the events of a topic from now on. */
  open(topic: string): void {
    if (!this.#topics.has(topic)) this.#topics.set(topic, this.#number);
  }

  /** Keeps nothing more of a topic; ids that were given before can no longer be continued. */
  close(topic: string): void {
    this.#topics.delete(topic);
  }

  /** Keeps an event, as `text` writes it with its id, and returns that text. */
  add(topic: string, text: (id: string) => string): string {
    this.#number += 1;
    const event = { number: this.#number, topic, text: text(this.id) };
    this.#kept.push(event);
    if (this.#kept.length >= 2 * this.#limit) this.#kept = this.#kept.slice(-this.#limit);
    return event.text;
  }

  /** The events of a topic after an id; null when some of them may be lost. */
  since(topic: string, id: string): readonly string[] | null {
    const number = this.#numberOf(id);
    const openedAt = this.#topics.get(topic);
    if (number === null || openedAt === undefined || number < openedAt) return null;
    const oldest = this.#kept.at(-this.#limit)?.number ?? 1;
    if (number < oldest - 1) return null;
    return this.#kept.filter((one) => one.topic === topic && one.number > number).map(({ text }) => text);
  }

  #numberOf(id: string): number | null {
    const match = /^(.+)-(\d{1,15})$/.exec(id);
    const number = match?.[1] === this.#start ? Number(match[2]) : null;
    return number !== null && number <= this.#number ? number : null;
  }
}

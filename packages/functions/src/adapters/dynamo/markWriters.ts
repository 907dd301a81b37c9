import { randomUUID } from 'node:crypto';
import { type EpochMs, SECOND_MS } from '@candlelake/core';

/**
 * The longest time that a process writes under one entry, in real time. Later the entry counts as that of a
 * dead process.
 */
export const WRITER_LIFE_MS = 300 * SECOND_MS;

/** The entry of this process among the writers of a day's mark. */
export interface WriterEntry {
  readonly day: EpochMs;
  readonly deadline: EpochMs;
}

export interface DayWritersOptions {
  /** Adds a writer to the mark of a day; raises its generation. */
  readonly add: (day: EpochMs, writer: string) => Promise<unknown>;
  /** Removes a writer from the mark of a day; raises its generation. */
  readonly remove: (day: EpochMs, writer: string) => Promise<unknown>;
  readonly realNow: () => EpochMs;
  /** How long an entry is kept for further writes; 0 removes it after each write. */
  readonly holdMs: number;
}

interface HeldEntry extends WriterEntry {
  readonly writer: string;
  readonly heldUntil: EpochMs;
  readonly added: Promise<unknown>;
  users: number;
}

/** The entries of this process among the writers of days (docs/decisions/0010-marks-around-writes.md). */
export class DayWriters {
  readonly #options: DayWritersOptions;
  readonly #held = new Map<EpochMs, HeldEntry>();

  constructor(options: DayWritersOptions) {
    this.#options = options;
  }

  /** Resolves when the mark of the day has an entry of this process: a held one, else a new one. */
  async enter(day: EpochMs): Promise<WriterEntry> {
    const { realNow, holdMs } = this.#options;
    const held = this.#held.get(day);
    const entry = held && realNow() < held.heldUntil ? held : this.#add(day);
    if (holdMs > 0) this.#held.set(day, entry);
    entry.users += 1;
    try {
      await entry.added;
    } catch (error) {
      entry.users -= 1;
      if (this.#held.get(day) === entry) this.#held.delete(day);
      throw error;
    }
    return entry;
  }

  /** Ends a use of an entry. The last use removes it from the mark, unless it is held for the next write. */
  async leave(left: WriterEntry): Promise<void> {
    const entry = left as HeldEntry;
    entry.users -= 1;
    const isHeld = this.#held.get(entry.day) === entry && this.#options.realNow() < entry.heldUntil;
    if (entry.users === 0 && !isHeld) await this.#remove(entry);
  }

  /** Removes the unused entries whose hold is over. Without a later call they expire at their deadline. */
  async removeIdle(): Promise<void> {
    const now = this.#options.realNow();
    const idle = [...this.#held.values()].filter(({ users, heldUntil }) => users === 0 && now >= heldUntil);
    await Promise.all(idle.map((entry) => this.#remove(entry)));
  }

  #add(day: EpochMs): HeldEntry {
    const { add, realNow, holdMs } = this.#options;
    const now = realNow();
    const deadline = now + WRITER_LIFE_MS;
    const writer = `${deadline}#${randomUUID()}`;
    const added = add(day, writer);
    // Every user of the entry awaits it; without users no rejection may go unhandled.
    added.catch(() => undefined);
    return { day, writer, deadline, heldUntil: now + holdMs, added, users: 0 };
  }

  async #remove(entry: HeldEntry): Promise<void> {
    if (this.#held.get(entry.day) === entry) this.#held.delete(entry.day);
    await this.#options.remove(entry.day, entry.writer);
  }
}

/** The deadline in the name of a writer. */
export function deadlineOf(writer: string): EpochMs {
  return Number(writer.slice(0, writer.indexOf('#')));
}

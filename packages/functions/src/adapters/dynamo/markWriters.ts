import { randomUUID } from 'node:crypto';
import { type EpochMs, SECOND_MS } from '@candlelake/core';

/** A writer writes for no longer, in real time, so after it the name of a dead one is struck out of the mark. */
export const WRITER_LIFE_MS = 300 * SECOND_MS;

/** The name of this process among the writers of a day. */
interface WriterName {
  readonly day: EpochMs;
  readonly deadline: EpochMs;
}

export interface WritingOptions {
  /** Each raises the day's generation. */
  readonly begin: (day: EpochMs, writer: string) => Promise<unknown>;
  readonly strike: (day: EpochMs, writer: string) => Promise<unknown>;
  readonly realNow: () => EpochMs;
  readonly holdMs: number;
}

export interface Writing {
  /** Puts a name among the writers of a day, or uses the one that stands there; resolves when it does. */
  enter(day: EpochMs): Promise<WriterName>;
  /** Strikes the name out, unless it is held for the next write. */
  leave(name: WriterName): Promise<void>;
  /** Strikes out the names that were held for long enough and that nobody uses. One that no later call strikes out dies by its deadline. */
  strikeIdle(): Promise<void>;
}

interface Held extends WriterName {
  readonly writer: string;
  readonly heldUntil: EpochMs;
  readonly entered: Promise<unknown>;
  users: number;
}

/** The names that this process has among the writers of days. */
export function createWriting({ begin, strike, realNow, holdMs }: WritingOptions): Writing {
  const held = new Map<EpochMs, Held>();

  function open(day: EpochMs): Held {
    const deadline = realNow() + WRITER_LIFE_MS;
    const writer = `${deadline}#${randomUUID()}`;
    const heldUntil = realNow() + holdMs;
    const entered = begin(day, writer);
    entered.catch(() => undefined);
    return { day, writer, deadline, heldUntil, entered, users: 0 };
  }

  async function end(name: Held): Promise<void> {
    if (held.get(name.day) === name) held.delete(name.day);
    await strike(name.day, name.writer);
  }

  return {
    async enter(day) {
      const known = held.get(day);
      const name = known && realNow() < known.heldUntil ? known : open(day);
      if (holdMs > 0) held.set(day, name);
      name.users += 1;
      try {
        await name.entered;
      } catch (error) {
        name.users -= 1;
        if (held.get(day) === name) held.delete(day);
        throw error;
      }
      return name;
    },
    async leave(left) {
      const name = left as Held;
      name.users -= 1;
      if (name.users === 0 && (held.get(name.day) !== name || realNow() >= name.heldUntil)) await end(name);
    },
    async strikeIdle() {
      const idle = [...held.values()].filter(({ users, heldUntil }) => users === 0 && realNow() >= heldUntil);
      await Promise.all(idle.map(end));
    },
  };
}

/** When a name's process has to be through with writing. */
export function deadlineOf(writer: string): EpochMs {
  return Number(writer.slice(0, writer.indexOf('#')));
}

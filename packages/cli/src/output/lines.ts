import type { Writable } from 'node:stream';

/** Where lines go, and what may be done with it. */
export interface Lines {
  write(line: string): void;
  /** Lines go through `through` until the next call with null: a progress bar keeps the last line of a terminal to itself. */
  divert(through: ((line: string) => void) | null): void;
  readonly isTerminal: boolean;
  readonly hasColour: boolean;
  readonly stream: Writable;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Lines on a stream. When its reader goes away the lines are dropped and the program goes on: the lake matters more than its log. */
export function createLines(
  stream: Writable & { readonly isTTY?: boolean },
  environment: Environment,
): Lines {
  let diverted: ((line: string) => void) | null = null;
  stream.on('error', () => {});
  const isTerminal = stream.isTTY === true;
  return {
    write(line) {
      if (diverted) diverted(line);
      else stream.write(`${line}\n`);
    },
    divert(through) {
      diverted = through;
    },
    isTerminal,
    // https://no-color.org: present and not empty.
    hasColour: isTerminal && (environment.NO_COLOR ?? '') === '',
    stream,
  };
}

/** Text of others on our terminal: control characters could move the cursor or worse. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ');
}

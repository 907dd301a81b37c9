import type { Writable } from 'node:stream';

export interface LinesOptions {
  readonly environment: Environment;
  /** Called at the first write that fails, unless the reader has closed the stream. */
  readonly onError?: (error: Error) => void;
}

/** Line output. */
export interface Lines {
  write(line: string): void;
  /**
   * Sends lines to `through` until the next call with null, so that a progress bar keeps the last line of a
   * terminal.
   */
  divert(through: ((line: string) => void) | null): void;
  readonly isTerminal: boolean;
  readonly hasColour: boolean;
  readonly stream: Writable;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Lines on a stream. After a failed write further lines are dropped and the program goes on. */
export function createLines(
  stream: Writable & { readonly isTTY?: boolean },
  { environment, onError = () => {} }: LinesOptions,
): Lines {
  let diverted: ((line: string) => void) | null = null;
  let hasFailed = false;
  stream.on('error', (error) => {
    const isClosedByReader = 'code' in error && error.code === 'EPIPE';
    if (!isClosedByReader && !hasFailed) onError(error);
    hasFailed = true;
  });
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

/** Replaces control characters by spaces: text from outside must not move the cursor of the terminal. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ');
}

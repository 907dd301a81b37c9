import type { Lines } from '../output/lines.ts';

/** What a command has of its process. */
export interface Host {
  readonly lines: Lines;
  /** Ends the process at once with an exit code. */
  readonly exit: (code: number) => void;
}

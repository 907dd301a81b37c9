import type { Lines } from '../output/lines.ts';

/** What a command needs of its process. */
export interface CommandContext {
  readonly lines: Lines;
  /** What is told beside data on standard output. */
  readonly notes: Lines;
  /** Ends the process at once with an exit code. */
  readonly exit: (code: number) => void;
}

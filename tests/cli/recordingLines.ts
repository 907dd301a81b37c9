import { Writable } from 'node:stream';
import type { Lines } from '../../packages/cli/src/output/lines.ts';

/** Lines that are recorded instead of written. */
export function recordingLines(look: Partial<Pick<Lines, 'isTerminal' | 'hasColour'>> = {}): Lines & {
  readonly written: readonly string[];
} {
  const written: string[] = [];
  return {
    written,
    write: (line) => written.push(line),
    divert: () => {},
    isTerminal: false,
    hasColour: false,
    stream: new Writable({ write: (_chunk, _encoding, done) => done() }),
    ...look,
  };
}

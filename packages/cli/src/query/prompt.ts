import { appendFileSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { printable } from '../output/lines.ts';

const HISTORY_LINES = 1_000;

export interface PromptOptions {
  readonly input: Readable;
  readonly output: Writable;
  /** The file that keeps the lines of earlier prompts. */
  readonly historyPath: string;
  /** Runs one text of SQL. An error is printed, and the prompt goes on. */
  readonly run: (sql: string) => Promise<void>;
  /** Ends what runs. */
  readonly interrupt: () => void;
}

/**
 * Reads statements from a terminal until Ctrl-D, `exit` or `quit`. Statements end with a semicolon at the end
 * of a line. Ctrl-C ends a running statement, or drops what was typed.
 */
export async function readStatements(options: PromptOptions): Promise<void> {
  const { input, output, historyPath, run, interrupt } = options;
  const history = readHistory(historyPath);
  const reader = createInterface({ input, output, history, historySize: HISTORY_LINES });
  let typed = '';
  let isRunning = false;
  let isClosed = false;
  reader.once('close', () => {
    isClosed = true;
  });
  const ask = () => {
    if (isClosed) return;
    reader.setPrompt(typed === '' ? 'candlelake> ' : '        ... ');
    reader.prompt();
  };
  reader.on('SIGINT', () => {
    if (isRunning) return interrupt();
    typed = '';
    output.write('\n');
    ask();
  });
  ask();
  for await (const line of reader) {
    keepLine(historyPath, line);
    if (typed === '' && /^\s*(?:exit|quit)\s*;?\s*$/i.test(line)) break;
    typed = `${typed}${line}\n`.trimStart();
    if (/;\s*$/.test(typed)) {
      isRunning = true;
      await run(typed).catch((error: unknown) => output.write(`error: ${errorText(error)}\n`));
      isRunning = false;
      typed = '';
    }
    ask();
  }
  reader.close();
}

function errorText(error: unknown): string {
  return printable(error instanceof Error ? error.message : String(error));
}

/** The newest line first, as readline wants them. */
function readHistory(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').filter(Boolean).slice(-HISTORY_LINES).reverse();
  } catch {
    return [];
  }
}

/** A history that can't be written is no failure of a query. */
function keepLine(path: string, line: string): void {
  if (line.trim() === '') return;
  try {
    appendFileSync(path, `${line}\n`, { mode: 0o600 });
  } catch {}
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { EpochMs } from '@candlelake/core';
import { lengthOfInterval } from '../intervals.ts';

/** What a doctor has recorded, in the form in which it is replayed. Source: docs/recordings.md. */
export interface Recording {
  /** The first instant, by the clock of the machine that recorded it. */
  readonly startedAt: EpochMs;
  readonly symbols: readonly string[];
  /** The last answer about contracts with code 0; null when there is none. */
  readonly contracts: string | null;
  /** The versions of each row as they were received, by `symbol interval` and open time. */
  readonly rows: ReadonlyMap<string, ReadonlyMap<EpochMs, readonly RowVersion[]>>;
  /** The pushes in the order in which they were received. */
  readonly pushes: readonly RecordedPush[];
}

interface RowVersion {
  readonly at: EpochMs;
  readonly row: object;
}

interface RecordedPush {
  readonly at: EpochMs;
  readonly topic: string;
  /** As it came. */
  readonly frame: Buffer | string;
}

interface AnswerLine {
  readonly at: EpochMs;
  readonly tookMs: number;
  readonly path: string;
  readonly body?: string;
}

interface FrameLine {
  readonly at: EpochMs;
  readonly kind: string;
  readonly text?: string;
  readonly base64?: string;
}

const KLINES = '/openApi/swap/v3/quote/klines';
const CONTRACTS = '/openApi/swap/v2/quote/contracts';
const VERSION = 1;
const MAX_FRAME_BYTES = 2 ** 20;

/** Reads the folder of a recording. Throws with the file and line for one that is no such folder. */
export function readRecording(folder: string): Recording {
  const [head] = readLines<{ version?: number; startedAt?: number; symbols?: string[] }>(
    [readFile(folder, 'recording.json')],
    'recording.json',
  );
  if (head?.version !== VERSION || !head.startedAt)
    throw new Error(`recording "${folder}": version ${head?.version}, expected ${VERSION}`);
  const answers = readLines<AnswerLine>(readFile(folder, 'answers.jsonl').split('\n'), 'answers.jsonl');
  const frames = readLines<FrameLine>(readFile(folder, 'frames.jsonl').split('\n'), 'frames.jsonl');
  return {
    startedAt: head.startedAt,
    symbols: head.symbols ?? [],
    contracts:
      answers.findLast(({ path, body }) => path.startsWith(CONTRACTS) && isSuccess(body))?.body ?? null,
    rows: rowsOf(answers),
    pushes: frames.flatMap(pushOf),
  };
}

/**
 * What history shows of a slot at `now`; null when that is not known. A closed slot shows the last version
 * that was recorded after its close, so that it is the same whenever it is asked for.
 */
export function rowAt(versions: readonly RowVersion[], closeTime: EpochMs, now: EpochMs): object | null {
  const known = versions.filter(({ at }) => (closeTime <= now ? at >= closeTime : at <= now));
  return known.at(-1)?.row ?? null;
}

function readFile(folder: string, name: string): string {
  try {
    return readFileSync(join(folder, name), 'utf8');
  } catch (cause) {
    throw new Error(`recording "${folder}": can't read ${name}, expected the folder of --record`, { cause });
  }
}

function readLines<T>(lines: readonly string[], name: string): readonly T[] {
  return lines.flatMap((line, index) => {
    if (line.trim() === '') return [];
    try {
      return [JSON.parse(line) as T];
    } catch (cause) {
      // The program may have been killed while it wrote the last line.
      if (index >= lines.length - 2 && index > 0) return [];
      throw new Error(`recording: ${name} line ${index + 1} is not JSON`, { cause });
    }
  });
}

function isSuccess(body: string | undefined): boolean {
  return /^\s*\{\s*"code"\s*:\s*0\b/.test(body ?? '');
}

function rowsOf(answers: readonly AnswerLine[]): Recording['rows'] {
  const all = new Map<string, Map<EpochMs, RowVersion[]>>();
  for (const { at, tookMs, path, body } of answers) {
    if (!path.startsWith(KLINES) || body === undefined || !isSuccess(body)) continue;
    const query = new URL(path, 'http://localhost').searchParams;
    const key = `${query.get('symbol')} ${query.get('interval')}`;
    if (lengthOfInterval(query.get('interval') ?? '') === null) continue;
    const slots = all.get(key) ?? new Map<EpochMs, RowVersion[]>();
    all.set(key, slots);
    const { data } = JSON.parse(body) as { data: unknown };
    for (const row of Array.isArray(data) ? (data as readonly { time: EpochMs }[]) : []) {
      slots.set(row.time, [...(slots.get(row.time) ?? []), { at: at + tookMs, row }]);
    }
  }
  return all;
}

function pushOf({ at, kind, text, base64 }: FrameLine): readonly RecordedPush[] {
  if (kind !== 'frame') return [];
  const frame = base64 === undefined ? (text ?? '') : Buffer.from(base64, 'base64');
  const topic = topicOf(plainText(frame));
  return topic === null ? [] : [{ at, topic, frame }];
}

/** The topic of a push; null for pings and answers. */
function topicOf(text: string): string | null {
  if (!text.startsWith('{')) return null;
  const { dataType, data } = JSON.parse(text) as { dataType?: unknown; data?: unknown };
  return typeof dataType === 'string' && dataType !== '' && data !== null ? dataType : null;
}

function plainText(frame: Buffer | string): string {
  if (typeof frame === 'string') return frame;
  try {
    return gunzipSync(frame, { maxOutputLength: MAX_FRAME_BYTES }).toString('utf8');
  } catch {
    return frame.toString('utf8');
  }
}

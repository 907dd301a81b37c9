import type { CandleFault } from '../domain/candle/candleCheck.ts';
import { jsonText } from '../domain/jsonText.ts';
import { type EpochMs, MINUTE_MS } from '../domain/time/time.ts';
import type { Clock, Report } from '../ports.ts';

/** Why a record of the exchange was refused. */
export type BadRecordKind =
  | 'unreadable frame'
  | 'wrong shape'
  | 'wrong symbol'
  | 'wrong time'
  | 'off the grid'
  | 'in the future'
  | 'too old'
  | 'too many records'
  | CandleFault;

/** Counts and reports a refused record; `sample` is the record or a part of it. */
export type Refuse = (kind: BadRecordKind, sample: unknown) => void;

/** A sample is untrusted text: it is cut to this length and escaped as JSON. */
const SAMPLE_CHARACTERS = 160;

/**
 * Reports refused records: the first of each kind at once, then one report per kind and minute with their
 * number.
 */
export function createBadRecords({ clock, report }: { clock: Clock; report: Report }): Refuse {
  const kinds = new Map<BadRecordKind, { reportedAt: EpochMs; since: number }>();
  return (kind, sample) => {
    const now = clock.now();
    const seen = kinds.get(kind);
    if (seen && Math.abs(now - seen.reportedAt) < MINUTE_MS) {
      seen.since++;
      return;
    }
    const count = (seen?.since ?? 0) + 1;
    kinds.set(kind, { reportedAt: now, since: 0 });
    const text = sampleText(sample);
    report({
      level: 'warn',
      kind: 'bad-record',
      message: `the exchange sent a bad record (${kind}): ${text}`,
      fields: { what: kind, count, sample: text },
    });
  };
}

function sampleText(sample: unknown): string {
  const text = jsonText(sample);
  return text.length > SAMPLE_CHARACTERS ? `${text.slice(0, SAMPLE_CHARACTERS)}…` : text;
}

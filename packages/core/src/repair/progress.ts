import type { Series } from '../domain/candle/candle.ts';
import type { Report } from '../ports.ts';
import type { Repairer, WindowAnswer } from './repairPass.ts';
import type { RepairScope } from './survey.ts';

export interface ProgressPorts {
  readonly repairer: Pick<Repairer, 'survey'>;
  readonly report: Report;
}

export interface BackfillStatus {
  readonly running: boolean;
  readonly remainingSlots: number;
  readonly totalSlots: number;
}

/** How far a backfill is. */
export interface Progress {
  read(): BackfillStatus;
  answered(series: Series, answer: WindowAnswer): BackfillStatus;
  ended(): BackfillStatus;
}

/** Counts what a backfill of these scopes will ask for, and reports as it goes: `backfill-progress`, then `backfill-done` once. */
export async function createProgress(
  ports: ProgressPorts,
  scopes: readonly RepairScope[],
): Promise<Progress> {
  let totalSlots = 0;
  for (const scope of scopes) totalSlots += (await ports.repairer.survey(scope)).ask.length;
  let doneSlots = 0;
  let running = totalSlots > 0;

  function read(): BackfillStatus {
    return { running, remainingSlots: running ? Math.max(0, totalSlots - doneSlots) : 0, totalSlots };
  }

  return {
    read,
    answered({ symbol }, { asked }) {
      if (!running) return read();
      doneSlots = Math.min(totalSlots, doneSlots + asked);
      const message = `backfill: ${doneSlots} of ${totalSlots} candles (${symbol})`;
      ports.report({
        level: 'info',
        kind: 'backfill-progress',
        message,
        fields: { symbol, doneSlots, totalSlots },
      });
      return read();
    },
    ended() {
      if (running) {
        const message = `backfill: history has been asked for all ${totalSlots} candles`;
        ports.report({ level: 'info', kind: 'backfill-done', message, fields: { totalSlots } });
      }
      running = false;
      return read();
    },
  };
}

import { MINUTE_MS, SECOND_MS } from '../domain/time/time.ts';
import type { RetryableError } from '../errors.ts';
import type { Clock, CrossoverNotice, Outbox, Random, Report } from '../ports.ts';
import { retry } from '../waiting/retry.ts';
import { createWake, type Wake } from '../waiting/wake.ts';
import { sendNotices } from './sendNotices.ts';

/** Where notices go. */
export interface AlertSink {
  /** The name of its outbox: `webhook`. */
  readonly name: string;
  /** What messages call it, without secrets: the host of a webhook. */
  readonly target: string;
  /**
   * Throws RetryableError, whose message holds no secret, when the sink has not taken the notice; the
   * signal's reason when it aborts.
   */
  readonly send: (notice: CrossoverNotice, signal: AbortSignal) => Promise<void>;
}

export interface AlertPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly report: Report;
  readonly outbox: Outbox;
}

/** A sink and what waits for it. */
export interface AlertStatus {
  readonly sink: string;
  readonly target: string;
  readonly waiting: number;
  /** Since the start of the process. */
  readonly sent: number;
  /** Failed tries since the start of the process. */
  readonly failures: number;
  /** Why the last try failed; null when it succeeded. */
  readonly lastError: string | null;
}

/** The outbox is looked at this often, because other processes on the store write notices too. */
const LOOK_MS = 5 * SECOND_MS;

const WAITS = { floorMs: SECOND_MS, baseMs: 2 * SECOND_MS, capMs: 5 * MINUTE_MS };

/**
 * Sends the notices of an outbox to one sink, in order, apart from the stream. A notice that the sink does
 * not take is sent again after pauses of 1 s to 5 min, without end; those after it wait.
 */
export class AlertSender {
  readonly #ports: AlertPorts;
  readonly #sink: AlertSink;
  readonly #wake: Wake;
  #status: AlertStatus;

  constructor(ports: AlertPorts, sink: AlertSink) {
    this.#ports = ports;
    this.#sink = sink;
    this.#wake = createWake(ports.clock);
    const counts = { waiting: 0, sent: 0, failures: 0 };
    this.#status = { sink: sink.name, target: sink.target, ...counts, lastError: null };
  }

  status(): AlertStatus {
    return this.#status;
  }

  /** Looks at the outbox soon: a day was derived. */
  wake(): void {
    this.#wake.wake();
  }

  /** Sends until the signal aborts; throws its reason then, or the error of a store that is damaged. */
  async run(signal: AbortSignal): Promise<never> {
    const { clock, random, outbox } = this.#ports;
    for (;;) {
      const options = { clock, random, waits: WAITS, onFailure: this.#failed };
      await retry((onProgress) => this.#drain(onProgress, signal), options, signal);
      this.#change({ waiting: await outbox.count() });
      await this.#wake.sleep(LOOK_MS, signal);
    }
  }

  /** Tries once what waits, until the signal aborts; the rest waits for the next start. */
  async flush(signal: AbortSignal): Promise<void> {
    const { report } = this.#ports;
    try {
      await this.#drain(() => {}, signal);
    } catch {
      const { waiting } = this.#status;
      const message = `alerts: ${waiting} for ${this.#sink.target} wait${waiting === 1 ? 's' : ''} for the next start`;
      report({ level: 'warn', kind: 'alerts-wait', message });
    }
  }

  async #drain(onProgress: () => void, signal: AbortSignal): Promise<void> {
    const { outbox } = this.#ports;
    this.#change({ waiting: await outbox.count() });
    if (this.#status.waiting === 0) return;
    await sendNotices(outbox, async (notice) => {
      signal.throwIfAborted();
      await this.#sink.send(notice, signal);
      this.#sent();
      onProgress();
    });
  }

  #sent(): void {
    const { sent, waiting, lastError } = this.#status;
    if (lastError !== null) {
      const message = `alerts: ${this.#sink.target} takes them again`;
      this.#ports.report({ level: 'info', kind: 'alerts-sent-again', message });
    }
    this.#change({ sent: sent + 1, waiting: Math.max(0, waiting - 1), lastError: null });
  }

  readonly #failed = ({ message: reason }: RetryableError): void => {
    const { failures, lastError, waiting } = this.#status;
    if (lastError === null) {
      const message = `alerts: ${reason}; ${waiting} wait${waiting === 1 ? 's' : ''}, trying again`;
      this.#ports.report({ level: 'warn', kind: 'alert-failed', message });
    }
    this.#change({ failures: failures + 1, lastError: reason });
  };

  #change(part: Partial<AlertStatus>): void {
    this.#status = { ...this.#status, ...part };
  }
}

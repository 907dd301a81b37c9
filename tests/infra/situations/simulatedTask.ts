import { runStream } from '../../../packages/functions/src/stream/runStream.ts';
import { exchangeClockOf } from '../../support/exchangeClock.ts';
import { NOON, type Stage } from './simulatedStage.ts';

const MINUTE = 60_000;

/** The task: starts the stream when it does not run. */
export function createTask(stage: Stage) {
  const { faults, clock, store, metrics, events, clusterArn } = stage;
  const stopping = new AbortController();
  let isRunning = false;

  async function run(): Promise<void> {
    const isBroken = faults.crashes && clock.now() >= NOON;
    const history = isBroken
      ? { ...stage.history, syncClock: () => Promise.reject(new Error('a fault of ours')) }
      : stage.history;
    const stores = { candles: store, derivation: store, pace: store };
    const parts = {
      ...stage,
      ...stores,
      history,
      exchangeClock: exchangeClockOf(clock),
      random: () => 0.5,
      yieldToHost: async () => {},
      requestDerivation: async () => {},
    };
    const limit = faults.crashes
      ? AbortSignal.any([stopping.signal, abortedAt(stage, NOON)])
      : stopping.signal;
    await runStream(parts, metrics as unknown as Parameters<typeof runStream>[1], limit);
  }

  return {
    keepRunning(): void {
      if (isRunning) return;
      isRunning = true;
      void run()
        .catch(() => {})
        .then(() => {
          isRunning = false;
          if (!stopping.signal.aborted) events.push(stoppedTask(clusterArn));
        });
    },
    async stop(): Promise<void> {
      stopping.abort();
      await clock.leapTo(clock.now() + MINUTE);
    },
  };
}

/** The process that ran before the crashes is gone as well. */
function abortedAt({ clock }: Stage, time: number): AbortSignal {
  const controller = new AbortController();
  if (clock.now() < time) void clock.sleep(time - clock.now()).then(() => controller.abort());
  return controller.signal;
}

function stoppedTask(clusterArn: string): object {
  const stoppedReason = 'Essential container in task exited';
  const detail = { clusterArn, lastStatus: 'STOPPED', stoppedReason, containers: [{ exitCode: 1 }] };
  return { source: 'aws.ecs', 'detail-type': 'ECS Task State Change', detail };
}

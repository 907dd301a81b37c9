/**
 * The container's process: streams until SIGTERM, then drains. Exit codes: 0 stopped, 1 failed, 2 wrong
 * settings.
 */
import { ConfigError, SECOND_MS } from '@candlelake/core';
import { STREAM } from '../names.ts';
import { logger, metrics } from '../observe.ts';
import { createAdopt, wireStream } from '../wire.ts';
import { startLiveServer } from './liveServer.ts';
import { runStream } from './runStream.ts';

const stopping = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop(signal));

try {
  const parts = wireStream();
  // Port 0, the default, would be a free port that the container's health check does not know.
  const server = await startLiveServer(parts.settings.port || STREAM.livePort);
  await createAdopt(parts)();
  await runStream(parts, metrics, stopping.signal);
  server.close();
  logger.info('stopped', { kind: 'stopped' });
} catch (error) {
  logger.critical(error instanceof Error ? error.message : String(error), { error: error as Error });
  process.exit(error instanceof ConfigError ? 2 : 1);
}
process.exit(0);

function stop(reason: string): void {
  if (stopping.signal.aborted) return;
  logger.info(`stopping (${reason})`, { kind: 'stopping' });
  stopping.abort();
  setTimeout(() => {
    logger.error('stopped before everything was written; repair fetches the rest from history', {
      kind: 'stopped-late',
    });
    process.exit(1);
  }, STREAM.drainSeconds * SECOND_MS).unref();
}

import type { Metrics } from '@aws-lambda-powertools/metrics';
import { createCollector } from '@candlelake/core';
import type { wireStream } from '../wire.ts';
import { createRemoteLake } from './remoteLake.ts';
import { reportStatus } from './reportStatus.ts';
import { requestDerivations } from './requestDerivations.ts';

export type StreamParts = Omit<ReturnType<typeof wireStream>, 'table'>;

/**
 * Streams and repairs until the signal aborts, as `candlelake stream` does, except that `buildLake` derives
 * the lake. Throws ConfigError when neither exchange nor store knows any of the symbols, and the store's
 * error when its retries are used up.
 */
export async function runStream(parts: StreamParts, metrics: Metrics, signal: AbortSignal): Promise<void> {
  const { settings, clock, status, derivation, report } = parts;
  const lake = createRemoteLake({ status, derivation }, clock.now());
  const ended = new AbortController();
  const stop = AbortSignal.any([signal, ended.signal]);
  const stream = createCollector(
    { ...parts, lake, flushLimit: () => AbortSignal.timeout(0) },
    { ...settings, until: null },
  );
  const ports = {
    clock,
    lake,
    items: status,
    metrics,
    report,
    candles: parts.candles,
    status: stream.status,
  };
  const reporting = reportStatus(ports, settings, stop);
  const requesting = requestDerivations({ ...parts, status: stream.status }, settings, stop);
  try {
    await stream.run(signal);
  } finally {
    ended.abort();
    await Promise.all([reporting, requesting]);
  }
}

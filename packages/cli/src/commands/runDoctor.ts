import {
  BINGX_FALLBACK_URL,
  BINGX_REST_URL,
  type CheckResult,
  ConfigError,
  type DoctorPorts,
  examineExchange,
  type Settings,
} from '@candlelake/core';
import { createClock, createHttpGet, createOpenSocket, inflate } from '@candlelake/node';
import { resultLine, summaryLine } from '../doctor/doctorReport.ts';
import { examineMachine } from '../doctor/machineChecks.ts';
import { recordPorts } from '../doctor/recorder.ts';
import { createStyle } from '../output/style.ts';
import type { CommandContext } from './commandContext.ts';

/** Only a signal from the user ends it early; what is recorded is on the disk line by line. */
const { signal } = new AbortController();

/** Prints what holds of the machine and of the exchange. Resolves with whether everything does. */
export async function runDoctor(settings: Settings, { lines }: CommandContext): Promise<boolean> {
  const { json, market, record } = settings;
  if (record !== null && market !== 'swap')
    throw new ConfigError(`--record: a replay knows only swap, expected it without --market ${market}`);
  const style = createStyle(lines.hasColour);
  const results: CheckResult[] = [];
  if (!json) lines.write('about two minutes, most of them the wait for the close of a candle');
  for await (const result of examineAll(settings)) {
    results.push(result);
    if (!json) lines.write(resultLine(result, style));
  }
  if (json) lines.write(JSON.stringify({ checks: results }));
  else lines.write(summaryLine(results) + (record === null ? '' : `; recorded in ${record}`));
  return results.every(({ verdict }) => verdict === 'ok');
}

async function* examineAll(settings: Settings): AsyncGenerator<CheckResult> {
  const { market, symbols, interval, historyDays, restUrl, wsUrl, record } = settings;
  const plain: DoctorPorts = {
    clock: createClock(settings.clock),
    httpGet: createHttpGet(),
    openSocket: createOpenSocket(),
    inflate,
  };
  const ports = record === null ? plain : recordPorts(record, plain, { restUrl, wsUrl, symbols });
  yield* examineMachine(settings);
  const fallback = restUrl === BINGX_REST_URL ? { fallbackUrl: BINGX_FALLBACK_URL } : {};
  yield* examineExchange(
    ports,
    { market, restUrl, wsUrl, symbols, interval, historyDays, ...fallback },
    signal,
  );
}

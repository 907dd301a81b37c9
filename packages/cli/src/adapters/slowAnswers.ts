import type { HttpGet, Report } from '@candlelake/core';

/**
 * A request without an answer is reported after this time, in real ms. Without the report the program would
 * say nothing for 30 s: a request fails after 10 s, and the failure is reported after three tries.
 */
const SLOW_MS = 5_000;
/** The shortest time between two reports, in real ms. */
const REPEAT_MS = 60_000;

/** Wraps `httpGet`: a request that waits long for its answer is reported. */
export function reportSlowAnswers(httpGet: HttpGet, report: Report): HttpGet {
  let reportedAt = Number.NEGATIVE_INFINITY;
  const reportSlow = (url: string) => {
    if (Date.now() - reportedAt < REPEAT_MS) return;
    reportedAt = Date.now();
    const { host } = new URL(url);
    const message = `no answer from ${host} for ${SLOW_MS / 1_000} s; waiting`;
    report({ level: 'info', kind: 'slow-answer', message, fields: { host } });
  };
  return async (url, signal) => {
    const timer = setTimeout(reportSlow, SLOW_MS, url);
    try {
      return await httpGet(url, signal);
    } finally {
      clearTimeout(timer);
    }
  };
}

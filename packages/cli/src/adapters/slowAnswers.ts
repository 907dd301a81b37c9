import type { HttpGet, Report } from '@candlelake/core';

/**
 * A request fails after 10 s without an answer, and is sent three times before that is reported. In real ms.
 */
const SLOW_MS = 5_000;
/** Between two reports, in real ms. */
const REPEAT_MS = 60_000;

/** The same requests; a missing answer is reported, so that the program is not silent while it waits. */
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

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readAudit } from '../scripts/packages/auditVerdict.ts';

/** The form of a report: https://docs.npmjs.com/cli/v11/commands/npm-audit, "auditReportVersion" 2. */
const report = (total: number, vulnerabilities: object = {}) =>
  JSON.stringify({ auditReportVersion: 2, vulnerabilities, metadata: { vulnerabilities: { total } } });

describe('the audit of packages', () => {
  it('passes with a report without findings', () => {
    expect(readAudit(report(0))).toEqual({ ran: true, failed: false, lines: ['npm audit: 0 findings'] });
  });

  it('fails with findings, and names them', () => {
    const { failed, lines } = readAudit(report(1, { ws: { severity: 'high', range: '8.0.0 - 8.17.0' } }));
    expect(failed).toBe(true);
    expect(lines).toEqual(['npm audit: ws 8.0.0 - 8.17.0: high', 'npm audit: 1 findings']);
  });

  it('fails with findings that it cannot name', () => {
    expect(readAudit(report(2))).toMatchObject({ ran: true, failed: true });
    expect(readAudit(report(0, { ws: {} }))).toMatchObject({ ran: true, failed: true });
  });

  it.each([
    ['refuses the request', '{"message":"405 Method Not Allowed","error":{}}', '405 Method Not Allowed'],
    ['does not answer', '', 'no output'],
    ['answers something else', '<html>', 'the output is no report'],
    ['answers no object', 'null', 'the output is no report'],
    ['leaves out the count', '{"vulnerabilities":{}}', 'the output is no report'],
  ])('says that it was not run when the registry %s', (_, output, reason) => {
    expect(readAudit(output)).toEqual({
      ran: false,
      failed: false,
      lines: [`npm audit: not run, no registry answered it: ${reason}`],
    });
  });

  it('is a lane of the pipeline', () => {
    expect(readFileSync('.ci/run', 'utf8')).toMatch(/^lane packages .*\n/m);
  });
});

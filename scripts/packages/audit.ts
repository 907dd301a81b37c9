/**
 * `node scripts/packages/audit.ts`: known vulnerabilities of the packages that users install. Ends with 1 when there
 * is one. Says plainly that nothing was checked when no registry answers, and ends with 0 then: a machine without a
 * registry can still run the other lanes.
 */
import { spawnSync } from 'node:child_process';
import { readAudit } from './auditVerdict.ts';

const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json'], {
  encoding: 'utf8',
  shell: process.platform === 'win32',
});
const { failed, lines } = readAudit(stdout ?? '');
for (const line of lines) console.log(line);
process.exitCode = failed ? 1 : 0;

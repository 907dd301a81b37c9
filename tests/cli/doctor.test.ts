import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { CheckResult } from '@candlelake/core';
import { describe, expect, it } from 'vitest';
import { resultLine, summaryLine } from '../../packages/cli/src/doctor/doctorReport.ts';
import { examineMachine, judgeNode } from '../../packages/cli/src/doctor/machineChecks.ts';
import { createStyle } from '../../packages/cli/src/output/style.ts';
import { CALM } from '../doctor/doctorRun.ts';
import { runProgram, temporaryFolder } from './program.ts';
import { simulate } from './simulation.ts';

/** A stand-in 45 s before a close: the checks before that of the close take about as long. */
const standIn = () => simulate({ from: Date.UTC(2026, 10, 21, 12, 0, 15), speed: CALM });

describe('candlelake doctor', () => {
  it.concurrent('prints a line for each check, records what it receives, and ends with 0 when all of it holds', async () => {
    const { exchange, flags, variables, output } = await standIn();
    const record = join(temporaryFolder(), 'new', 'recording');
    const { code, stdout, stderr } = await runProgram(['doctor', ...flags, '--record', record], variables);
    await exchange.close();
    expect({ code, stderr, stdout }).toMatchObject({ code: 0, stderr: '' });
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toBe('about two minutes, most of them the wait for the close of a candle');
    expect(lines.slice(1, -1).every((line) => line.startsWith('ok  '))).toBe(true);
    expect(lines.at(-1)).toBe(`all 24 checks hold; recorded in ${record}`);
    expect(stdout).toMatch(/^ok {8}candle's close {5}last frame .+ volume -?\d+\.\d\d % against history$/m);
    expect(readdirSync(record).sort()).toEqual(['answers.jsonl', 'frames.jsonl', 'recording.json']);
    expect(readdirSync(output)).toEqual([]);
  });

  it.concurrent('says which assumption does not hold, and ends with 1', async () => {
    const { exchange, flags, variables } = await standIn();
    exchange.setFaults({ bounds: 'endInclusive' });
    const { code, stdout } = await runProgram(['doctor', ...flags, '--json'], variables);
    await exchange.close();
    const { checks } = JSON.parse(stdout) as { checks: readonly CheckResult[] };
    expect(code).toBe(1);
    expect(checks.filter(({ verdict }) => verdict !== 'ok')).toEqual([
      {
        ...{ name: 'range', verdict: 'differs', assumption: 'REST candles' },
        ...{ measured: 'start inclusive, end inclusive', problem: 'expected the end to be exclusive' },
      },
    ]);
  });

  it('ends in seconds without a network, and refuses a folder with files', async () => {
    const dead = ['--rest-url', 'http://127.0.0.1:9', '--ws-url', 'ws://127.0.0.1:9/'];
    const { code, stdout } = await runProgram(['doctor', ...dead, '--output', temporaryFolder()]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^differs {3}REST host {10}no host answers: 127\.0\.0\.1:9: connection failed/m);
    expect(stdout).toMatch(/^4 of 24|^\d of 24 checks hold, 2 differ, 17 could not run$/m);
    const refused = await runProgram(['doctor', ...dead, '--record', process.cwd()]);
    expect(refused.stderr).toMatch(/^error: --record ".+": has files, expected a new or an empty folder\n$/);
    expect(refused.code).toBe(2);
  });
});

describe('the checks of the machine', () => {
  it.each([
    ['24.21.0', null],
    ['22.18.0', null],
    ['22.17.1', 'expected 22.18 or newer'],
    ['20.19.5', 'expected 22.18 or newer'],
  ])('judge Node %s', (version, problem) => {
    expect(judgeNode(version)).toEqual({ measured: version, problem });
  });

  it('measure the disk in the nearest folder that exists, and name a host that has no address', async () => {
    const output = temporaryFolder();
    const urls = { restUrl: 'https://nowhere.invalid', wsUrl: 'ws://127.0.0.1:9/' };
    const results: CheckResult[] = [];
    for await (const result of examineMachine({ output: join(output, 'a', 'b'), ...urls }))
      results.push(result);
    const [, space, writes, rest, stream] = results;
    expect(space!.measured).toMatch(new RegExp(`^[\\d.]+ [GT]B free in ${output}$`));
    expect(writes!.measured).toMatch(/^[\d.]+ ms for 4\.1 kB$/);
    expect(rest).toMatchObject({ verdict: 'differs', problem: expect.stringContaining('nowhere.invalid') });
    expect(stream).toMatchObject({
      verdict: 'ok',
      measured: expect.stringMatching(/^127\.0\.0\.1 is .+; no TLS$/),
    });
    expect(readdirSync(output)).toEqual([]);
  });
});

describe('the report', () => {
  const result: CheckResult = {
    ...{ name: 'gzip', assumption: 'WebSocket', verdict: 'differs' },
    ...{ measured: '3 of 4 frames\u001b[2J', problem: 'expected all frames in gzip' },
  };

  it('names the page with the assumption, and lets nothing move the cursor', () => {
    expect(resultLine(result, createStyle(false))).toBe(
      'differs   gzip               3 of 4 frames [2J: expected all frames in gzip ("WebSocket" in docs/bingx.md)',
    );
  });

  it('sums up', () => {
    const of = (verdict: CheckResult['verdict']): CheckResult => ({ ...result, verdict });
    expect(summaryLine([of('ok'), of('ok')])).toBe('all 2 checks hold');
    expect(summaryLine([of('ok'), of('differs'), of('not run')])).toBe(
      '1 of 3 checks hold, 1 differs, 1 could not run',
    );
  });
});

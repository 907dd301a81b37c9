import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type LocalLambda, startLambda } from '../../packages/aws-local/src/lambda.ts';
import { periodMsOf } from '../../packages/aws-local/src/schedule.ts';
import { FUNCTION_BUNDLE } from '../../packages/functions/src/bundle.ts';

const root = mkdtempSync(join(tmpdir(), 'candlelake-lambda-'));
afterAll(() => rmSync(root, { recursive: true }));

let folders = 0;

/** Runs `act` on a function whose bundle has this handler. */
async function withHandler(
  body: string,
  act: (lambda: LocalLambda, lines: readonly string[]) => Promise<void>,
  timeoutMs = 20_000,
): Promise<void> {
  const folder = join(root, String(folders++));
  mkdirSync(folder);
  const code = `let calls = 0;\nexport const handler = async (event, context) => { calls += 1; ${body} };\n`;
  writeFileSync(join(folder, FUNCTION_BUNDLE), code);
  const lines: string[] = [];
  const onLine = (line: string) => void lines.push(line);
  const lambda = await startLambda({
    key: 'health',
    folder,
    environment: { GREETING: 'hello' },
    onLine,
    timeoutMs,
  });
  try {
    await act(lambda, lines);
  } finally {
    await lambda.stop();
  }
}

describe('a function under our own Runtime API', () => {
  test('gets its event, its environment and its context, and answers; the process stays', () =>
    withHandler(
      'return { event, calls, greeting: process.env.GREETING, name: context.functionName, ms: context.getRemainingTimeInMillis() };',
      async (lambda) => {
        const first = await lambda.invoke({ a: [1, 'é'] });
        expect(first).toMatchObject({ event: { a: [1, 'é'] }, calls: 1, greeting: 'hello', name: 'health' });
        expect((first as { ms: number }).ms).toBeGreaterThan(0);
        expect((first as { ms: number }).ms).toBeLessThanOrEqual(20_000);
        expect(await lambda.invoke({})).toMatchObject({ calls: 2 });
      },
    ));

  test('answers with null when it returns nothing', () =>
    withHandler('', async (lambda) => {
      expect(await lambda.invoke({})).toBeNull();
    }));

  test('rejects with the error of its handler, and lives on', () =>
    withHandler("if (calls === 1) throw new TypeError('no such event'); return calls;", async (lambda) => {
      await expect(lambda.invoke({})).rejects.toThrow('TypeError: no such event');
      expect(await lambda.invoke({})).toBe(2);
    }));

  test('is invoked once at a time', () =>
    withHandler(
      "console.log('begin'); await new Promise((resolve) => setTimeout(resolve, 50)); console.log('end');",
      async (lambda, lines) => {
        await Promise.all([lambda.invoke({}), lambda.invoke({}), lambda.invoke({})]);
        await expect.poll(() => lines.length).toBe(6);
        expect(lines).toEqual(['begin', 'end', 'begin', 'end', 'begin', 'end']);
      },
    ));

  test('is killed at its time-out, and begins anew with the next event', () =>
    withHandler(
      'if (event.hangs) await new Promise(() => setInterval(() => {}, 1000)); return calls;',
      async (lambda) => {
        await expect(lambda.invoke({ hangs: true })).rejects.toThrow('timed out after 1 s');
        expect(await lambda.invoke({})).toBe(1);
      },
      1_000,
    ));

  test('fails when its process dies, and begins anew with the next event', () =>
    withHandler('if (event.dies) process.exit(7); return calls;', async (lambda) => {
      await expect(lambda.invoke({ dies: true })).rejects.toThrow('the process ended with 7');
      expect(await lambda.invoke({})).toBe(1);
    }));

  test('fails with the reason when its bundle does not load', () =>
    withHandler("}; throw new Error('no table'); {", async (lambda) => {
      await expect(lambda.invoke({})).rejects.toThrow('no table');
    }));
});

test.each([
  ['cron(* * * * ? *)', 60_000],
  ['cron(1/5 * * * ? *)', 300_000],
  ['cron(7 * * * ? *)', 3_600_000],
  ['cron(7 0/6 * * ? *)', 21_600_000],
])('%s is %d ms', (schedule, ms) => {
  expect(periodMsOf(schedule)).toBe(ms);
});

test.each(['rate(5 minutes)', 'cron(0 12 * * ? *)', 'cron(1-5 * * * ? *)', 'cron(* 0/6 * * ? *)'])(
  '%s is refused',
  (schedule) => {
    expect(() => periodMsOf(schedule)).toThrow('expected every so many minutes or hours');
  },
);

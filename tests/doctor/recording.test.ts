import { globSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { BadDataError, ConfigError, type DoctorPorts, type EpochMs, formatInstant } from '@candlelake/core';
import { parseClock, startRecording } from '@candlelake/exchange-sim';
import { createHttpGet, createOpenSocket } from '@candlelake/node';
import { beforeAll, describe, expect, it } from 'vitest';
import { recordPorts } from '../../packages/cli/src/doctor/recorder.ts';
import { readRecording, rowAt } from '../../packages/exchange-sim/src/recording/readRecording.ts';
import { runProgram } from '../cli/program.ts';
import { examineStandIn, STARTS_AT } from './doctorRun.ts';

const MINUTE = 60_000;
const newFolder = () => mkdtempSync(join(tmpdir(), 'candlelake-recording-'));
const DETAILS = { restUrl: 'http://x', wsUrl: 'ws://x', symbols: ['BTC-USDT'] };

/** What a doctor recorded of a stand-in. */
const folder = newFolder();
beforeAll(async () => {
  await examineStandIn({ wrap: (ports) => recordPorts(folder, ports, DETAILS) });
});

const lines = (name: string) =>
  readFileSync(join(folder, name), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

/** The end of the last 1m candle that history showed after its close. */
function knownUntil(): EpochMs {
  const slots = readRecording(folder).rows.get('BTC-USDT 1m')!;
  const closed = [...slots].filter(([time, versions]) =>
    rowAt(versions, time + MINUTE, Number.MAX_SAFE_INTEGER),
  );
  return Math.max(...closed.map(([time]) => time + MINUTE));
}

describe('a recording', () => {
  it('has what was received, with times, as docs/recordings.md says', () => {
    const head = JSON.parse(readFileSync(join(folder, 'recording.json'), 'utf8'));
    expect(head).toEqual({ version: 1, startedAt: expect.any(Number), ...DETAILS });
    expect(head.startedAt - STARTS_AT).toBeGreaterThanOrEqual(0);
    const answers = lines('answers.jsonl');
    expect(Object.keys(answers[0])).toEqual(['at', 'tookMs', 'path', 'status', 'headers', 'body']);
    expect(answers[0].path).toBe('/openApi/swap/v2/server/time');
    for (const { headers } of answers)
      for (const name of Object.keys(headers)) expect(name).toMatch(/^content-type$|^date$|^x-ratelimit-/);
    const frames = lines('frames.jsonl');
    expect(frames[0].kind).toBe('open');
    const kinds = frames.map(({ kind }) => kind);
    expect(kinds).toEqual(expect.arrayContaining(['open', 'sent', 'frame']));
    const documented = readFileSync('docs/recordings.md', 'utf8');
    for (const field of [
      'at',
      'tookMs',
      'path',
      'status',
      'headers',
      'body',
      'failure',
      'kind',
      'text',
      'base64',
    ])
      expect(documented).toContain(`\`${field}\``);
  });

  it('goes into an empty folder only', () => {
    const ports = { clock: { now: () => 0 } } as unknown as DoctorPorts;
    expect(() => recordPorts(folder, ports, DETAILS)).toThrow(ConfigError);
    expect(() => recordPorts('/proc/none', ports, DETAILS)).toThrow("can't be made");
  });

  it('keeps a failure in place of an answer', async () => {
    const place = newFolder();
    const httpGet = async () => {
      throw new BadDataError('broken');
    };
    const ports = { clock: { now: () => 5 }, httpGet } as unknown as DoctorPorts;
    const recorded = recordPorts(place, ports, DETAILS);
    await expect(recorded.httpGet('http://x/a?b=1', new AbortController().signal)).rejects.toThrow('broken');
    expect(JSON.parse(readFileSync(join(place, 'answers.jsonl'), 'utf8'))).toEqual({
      ...{ at: 5, tookMs: 0, path: '/a?b=1', failure: 'BadDataError: broken' },
    });
  });
});

describe('the replay of a recording', () => {
  it('shows a closed candle as history showed it after its close, whenever it is asked for', () => {
    const versions = [
      { at: 30, row: { volume: 'half' } },
      { at: 70, row: { volume: 'whole' } },
      { at: 90, row: { volume: 'revised' } },
    ];
    expect([20, 30, 59].map((now) => rowAt(versions, 60, now))).toEqual([
      null,
      versions[0]!.row,
      versions[0]!.row,
    ]);
    expect([60, 75, 100].map((now) => rowAt(versions, 60, now))).toEqual(Array(3).fill(versions[2]!.row));
    expect(rowAt(versions.slice(0, 1), 60, 100), 'never seen after its close').toBeNull();
  });

  it('answers contracts, candles and time', async () => {
    const clock = parseClock(`${Date.now()}:${STARTS_AT + 10 * MINUTE}:1`);
    const replay = await startRecording({ folder, clock });
    const get = async (path: string) =>
      JSON.parse((await createHttpGet()(replay.restUrl + path, new AbortController().signal)).body);
    const query = `symbol=BTC-USDT&interval=1m&startTime=${knownUntil() - 5 * MINUTE}&endTime=${knownUntil()}`;
    const { data } = await get(`/openApi/swap/v3/quote/klines?${query}`);
    expect(data.map(({ time }: { time: number }) => (knownUntil() - time) / MINUTE)).toEqual([1, 2, 3, 4, 5]);
    const contracts = (await get('/openApi/swap/v2/quote/contracts')).data;
    expect(contracts.map(({ symbol }: { symbol: string }) => symbol)).toEqual(['BTC-USDT', 'ETH-USDT']);
    expect((await get('/openApi/swap/v2/server/time')).data.serverTime).toBeGreaterThan(STARTS_AT);
    expect((await get('/openApi/none')).code).toBe(100400);
    await replay.close();
  });

  it('sends each push as it came, at its time, to those who subscribe', async () => {
    const { startedAt, pushes } = readRecording(folder);
    expect(pushes.length).toBeGreaterThan(20);
    // The subscription has a second of real time before the first push.
    const clock = parseClock(`${Date.now()}:${startedAt - 5 * MINUTE}:200`);
    const replay = await startRecording({ folder, clock });
    const received: Buffer[] = [];
    const done = Promise.withResolvers<void>();
    const socket = createOpenSocket()(replay.wsUrl, {
      opened() {
        for (const [id, topic] of ['BTC-USDT@kline_1m', 'NONE-USDT@kline_1m'].entries())
          socket.send(JSON.stringify({ id: String(id), reqType: 'sub', dataType: topic }));
      },
      frame(data) {
        received.push(Buffer.from(data as Uint8Array));
        if (clock.now() > pushes.at(-1)!.at + MINUTE) done.resolve();
      },
      closed: () => {},
    });
    await done.promise;
    socket.close();
    await replay.close();
    const texts = received.map((frame) => gunzipSync(frame).toString());
    const codes = texts.filter((text) => text.includes('"id"')).map((text) => JSON.parse(text).code);
    expect(codes).toEqual([0, 80015]);
    const bytes = received.filter((_, index) => texts[index]!.includes('"dataType":"BTC'));
    expect(bytes.map((frame) => frame.toString('base64'))).toEqual(
      pushes.map(({ frame }) => (frame as Buffer).toString('base64')),
    );
  });

  it('through the pipeline gives the same lake bytes every time', async () => {
    const { startedAt } = readRecording(folder);
    const lakeOf = async () => {
      // A program takes a second or two to start, a minute or two of this clock.
      const CANDLELAKE_CLOCK = `${Date.now()}:${startedAt - 2 * MINUTE}:60`;
      const replay = await startRecording({ folder, clock: parseClock(CANDLELAKE_CLOCK) });
      const output = join(newFolder(), 'lake');
      const flags = ['--rest-url', replay.restUrl, '--ws-url', replay.wsUrl, '--output', output];
      const window = ['--interval', '1m', '--history-days', '0', '--until', formatInstant(knownUntil())];
      const { code, stdout } = await runProgram(['stream', ...flags, ...window], { CANDLELAKE_CLOCK });
      await replay.close();
      expect({ code, stdout }).toMatchObject({ code: 0 });
      const root = join(output, 'parquet');
      const paths = globSync('**/*.parquet', { cwd: root }).sort();
      return {
        files: paths.map((path) => [path, readFileSync(join(root, path)).toString('base64')]),
      };
    };
    const [first, second] = [await lakeOf(), await lakeOf()];
    expect(first.files.length).toBe(3);
    expect(second.files).toEqual(first.files);
  });

  it.each([
    ['recording.json', '{"version":2}', 'version 2, expected 1'],
    ['answers.jsonl', 'nothing\n{}\n{}\n', 'answers.jsonl line 1 is not JSON'],
  ])('of a folder whose %s is wrong is refused', (name, text, message) => {
    const place = newFolder();
    for (const file of ['recording.json', 'answers.jsonl', 'frames.jsonl'])
      writeFileSync(join(place, file), file === name ? text : readFileSync(join(folder, file)));
    expect(() => readRecording(place)).toThrow(message);
    expect(() => readRecording(newFolder())).toThrow("can't read recording.json");
  });

  it('reads a recording whose last line was cut by a kill', () => {
    const place = newFolder();
    for (const file of ['recording.json', 'answers.jsonl', 'frames.jsonl']) {
      const text = readFileSync(join(folder, file), 'utf8');
      writeFileSync(join(place, file), file === 'recording.json' ? text : `${text}{"at":17,"ki`);
    }
    expect(readRecording(place).pushes.length).toBe(readRecording(folder).pushes.length);
  });
});

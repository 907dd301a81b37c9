import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { parseSettings, type Settings } from '@candlelake/core';
import { describe, expect, it } from 'vitest';
import { COMMAND_FLAGS, readSettings } from '../../packages/cli/src/flags.ts';
import { createApp } from '../../packages/cli/src/http/app.ts';
import { createLines } from '../../packages/cli/src/output/lines.ts';
import { createProgram } from '../../packages/cli/src/program.ts';
import { packageManifest } from '../../scripts/package/manifest.ts';
import { ROOT, temporaryFolder } from '../cli/program.ts';

const read = (name: string) => readFileSync(join(ROOT, 'deploy', name), 'utf8');
/** The instructions, each on one line. */
const dockerfile = read('Dockerfile')
  .replaceAll('\\\n', ' ')
  .replaceAll(/^#.*\n/gm, '');
const instructions = (name: string) =>
  [...dockerfile.matchAll(new RegExp(`^${name} +(.*)$`, 'gm'))].map(([, rest]) => rest!.trim());
const variables = Object.fromEntries(
  instructions('ENV')[0]!
    .split(' ')
    .map((one) => one.split('=')),
) as Readonly<Record<string, string>>;

/** The settings of `candlelake stream` with these words. Throws ConfigError or the error of the parser. */
function streamSettings(words: readonly string[]): Settings {
  const lines = createLines(new PassThrough(), { environment: {} });
  const context = { lines, notes: lines, exit: () => {} };
  const command = createProgram(context, () => {}).commands.find((one) => one.name() === 'stream')!;
  expect(command.parseOptions([...words])).toEqual({ operands: [], unknown: [] });
  return readSettings(command, COMMAND_FLAGS.stream);
}

/** What follows the program in a command line. */
function wordsAfterProgram(line: readonly string[]): readonly string[] {
  const program = line.findIndex((word) => word.endsWith('/node_modules/candlelake/bin/candlelake.mjs'));
  expect(program).toBeGreaterThan(0);
  expect(packageManifest().bin).toEqual({ candlelake: 'bin/candlelake.mjs' });
  return line.slice(program + 1);
}

describe('the image of one machine', () => {
  it('is built from files that are there and that its ignore file lets through', () => {
    const sources = instructions('COPY')
      .filter((words) => !words.startsWith('--from'))
      .flatMap((words) => words.split(/\s+/).slice(0, -1));
    const allowed = read('Dockerfile.dockerignore').match(/(?<=^!).+$/gm);
    expect([...sources].sort()).toEqual([...allowed!].sort());
    for (const source of sources) expect(existsSync(join(ROOT, source)), source).toBe(true);
  });

  it('builds the package by a script that there is', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const named = [...dockerfile.matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name);
    expect(named).toEqual(['package:build']);
    expect(scripts).toHaveProperty(named[0]!);
  });

  it('has its data in the volume, and is asked at its own address whether it lives', async () => {
    const { output, host, port } = parseSettings({ variables });
    expect(instructions('VOLUME')).toEqual([output]);
    expect(host).toBe('0.0.0.0');
    expect(instructions('EXPOSE')).toEqual([String(port)]);
    const [, address] = /fetch\('([^']+)'\)/.exec(instructions('HEALTHCHECK')[0]!)!;
    const { hostname, port: asked, pathname } = new URL(address!);
    expect({ hostname, asked }).toEqual({ hostname: '127.0.0.1', asked: String(port) });
    const app = createApp({
      health: () => ({ status: 'unhealthy', reason: 'starting' }),
      metrics: async () => ({ contentType: 'text/plain', body: '' }),
    });
    // It answers while the stream is not healthy: a restart would not help.
    expect((await app.request(pathname)).status).toBe(200);
  });

  it('asks by a command that ends with 1 when nothing answers', () => {
    const [, words] = /CMD (\[.*\])$/.exec(instructions('HEALTHCHECK')[0]!)!;
    const [, flag, script] = JSON.parse(words!) as [string, string, string];
    // A port on which nothing can listen.
    const refused = script.replace(/:\d+\//, ':1/');
    expect(refused).not.toBe(script);
    expect(spawnSync(process.execPath, [flag, refused]).status).toBe(1);
  });

  it('runs the packed program as another user than root', () => {
    expect(instructions('USER')).toEqual(['node']);
    const entry = JSON.parse(instructions('ENTRYPOINT')[0]!) as readonly string[];
    const [command, ...words] = [
      ...wordsAfterProgram(entry),
      ...(JSON.parse(instructions('CMD').at(-1)!) as readonly string[]),
    ];
    expect(command).toBe('stream');
    streamSettings(words);
  });
});

describe('compose.yaml', () => {
  it('builds that image and passes flags that there are', () => {
    const compose = read('compose.yaml');
    expect(compose).toContain('context: ..\n');
    expect(compose).toContain('dockerfile: deploy/Dockerfile\n');
    const [, list] = /^ +command: (\[.*\])$/m.exec(compose)!;
    const [command, ...words] = JSON.parse(list!) as readonly string[];
    expect(command).toBe('stream');
    expect(streamSettings(words!).timeframes).toEqual([21, 60]);
    const [, address, inside] = /^ +- "([\d.]+:\d+):(\d+)"$/m.exec(compose)!;
    expect({ address, inside }).toEqual({ address: '127.0.0.1:8080', inside: variables.CANDLELAKE_PORT });
    expect(compose).toContain(`- data:${variables.CANDLELAKE_OUTPUT}\n`);
  });
});

describe('the service of systemd', () => {
  const unit = read('candlelake.service');

  it('starts the packed program with flags that there are, in the folder that systemd makes', () => {
    const [, line] = /^ExecStart=(.*)$/m.exec(unit)!;
    const [command, ...words] = wordsAfterProgram(line!.split(' '));
    expect(command).toBe('stream');
    const [, state] = /^StateDirectory=(.*)$/m.exec(unit)!;
    expect(streamSettings(words)).toMatchObject({
      output: `/var/lib/${state}`,
      host: '127.0.0.1',
      port: 8080,
    });
  });

  it('passes the check of systemd, where there is one', () => {
    const copy = join(temporaryFolder(), 'candlelake.service');
    const complaints = (text: string) => {
      // The check asks for the program, which need not be installed here.
      writeFileSync(copy, text.replace('/usr/bin/node', process.execPath));
      const { error, stderr } = spawnSync('systemd-analyze', ['verify', copy], { encoding: 'utf8' });
      return error ? null : stderr.split('\n').filter((line) => line.includes('candlelake.service'));
    };
    // Where it does not find an unknown key, it cannot be run.
    if (!complaints(unit.replace('DynamicUser', 'DynamicUsers'))?.length) return;
    expect(complaints(unit)).toEqual([]);
  });
});

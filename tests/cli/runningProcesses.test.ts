import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listProcesses, recordProcess } from '../../packages/cli/src/adapters/runningProcesses.ts';
import { ROOT, temporaryFolder } from './program.ts';

const MODULE = join(ROOT, 'packages/cli/src/adapters/runningProcesses.ts');

/** Another process that keeps the folder until it is killed. */
async function startKeeper(output: string) {
  const script = `
    import { recordProcess } from ${JSON.stringify(MODULE)};
    globalThis.end = recordProcess(process.argv[1], { command: 'stream', url: 'http://127.0.0.1:1' });
    setInterval(() => {}, 60_000);
    console.log('kept');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, output]);
  await once(child.stdout!, 'data');
  return child;
}

describe('the processes that keep a folder', () => {
  it('are none in a folder that no process has kept', () => {
    expect(listProcesses(temporaryFolder())).toEqual([]);
  });

  it('are those that have not ended, oldest first, until they end', async () => {
    const output = temporaryFolder();
    const end = recordProcess(output, { command: 'backfill' });
    expect(listProcesses(output)).toMatchObject([{ command: 'backfill', pid: process.pid, url: null }]);
    const child = await startKeeper(output);
    expect(listProcesses(output)!.map(({ pid }) => pid)).toEqual([process.pid, child.pid]);
    end();
    expect(listProcesses(output)).toMatchObject([
      { command: 'stream', pid: child.pid, url: 'http://127.0.0.1:1' },
    ]);
    child.kill('SIGKILL');
    await once(child, 'close');
    expect(listProcesses(output)).toEqual([]);
  });

  it('leave nothing behind: what a killed one left is removed by a later one', async () => {
    const output = temporaryFolder();
    recordProcess(output, { command: 'import' })();
    expect(readdirSync(join(output, 'running'))).toEqual([]);
    const old = join(output, 'running', '999-1000.sqlite');
    writeFileSync(old, 'whatever a crash left');
    const end = recordProcess(output, { command: 'import' });
    expect(readdirSync(join(output, 'running'))).toEqual([expect.stringMatching(/^\d+\.\d+-\d+\.sqlite$/)]);
    expect(readdirSync(join(output, 'running'))).not.toContain('999-1000.sqlite');
    end();
  });

  it('are not read from files of others', () => {
    const output = temporaryFolder();
    mkdirSync(join(output, 'running'));
    for (const name of ['1-2.sqlite', 'a.sqlite', 'notes.txt'])
      writeFileSync(join(output, 'running', name), 'SQLite format 3 and more');
    expect(listProcesses(output)).toEqual([]);
  });
});

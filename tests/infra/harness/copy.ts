import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ROOT } from './deploy.ts';

const LINKED = ['packages', 'queries', 'scripts', 'node_modules', 'package.json', 'tsconfig.json', '.sst'];

/**
 * A folder that deploys like the repository, but with these settings for every stage that has none of its
 * own. All but infra/ is linked, so it costs nothing. Returns its path; the caller removes it.
 */
export function copyWithSettings(stageSettings: object): string {
  const copy = fs.mkdtempSync(path.join(os.tmpdir(), 'candlelake-copy-'));
  for (const name of LINKED) {
    fs.symlinkSync(path.join(ROOT, name), path.join(copy, name));
  }
  fs.copyFileSync(path.join(ROOT, 'sst.config.ts'), path.join(copy, 'sst.config.ts'));
  fs.cpSync(path.join(ROOT, 'infra'), path.join(copy, 'infra'), { recursive: true });
  const file = path.join(copy, 'infra', 'settings.ts');
  const source = fs.readFileSync(file, 'utf8');
  const changed = source.replace(/(const ONE_SYMBOL: StageSettings = )\{[^;]*\};/, (_, start) => {
    return `${start}${JSON.stringify(stageSettings)};`;
  });
  if (changed === source)
    throw new Error('infra/settings.ts has no "ONE_SYMBOL" any more, expected one to replace');
  fs.writeFileSync(file, changed);
  return copy;
}

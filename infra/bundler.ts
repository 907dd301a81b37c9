import { execFileSync } from 'node:child_process';

/** Calls a function of packages/functions/src/bundle.ts in a process of its own: esbuild can't be bundled into this one. */
export function runBundler(name: 'bundleStream' | 'addEncoder', ...args: readonly string[]): void {
  const script = `import('./packages/functions/src/bundle.ts').then((bundler) => bundler.${name}(...process.argv.slice(1)))`;
  execFileSync(process.execPath, ['-e', script, ...args], { cwd: $cli.paths.root, stdio: 'inherit' });
}

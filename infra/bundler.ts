import { execFileSync } from 'node:child_process';

/**
 * Calls a function of packages/functions/src/bundle.ts in its own process, because sst bundles this file and
 * esbuild cannot be bundled.
 */
export function runBundler(name: 'bundleStream' | 'addEncoder', ...args: readonly string[]): void {
  const script = `import('./packages/functions/src/bundle.ts').then((bundler) => bundler.${name}(...process.argv.slice(1)))`;
  execFileSync(process.execPath, ['-e', script, ...args], { cwd: $cli.paths.root, stdio: 'inherit' });
}

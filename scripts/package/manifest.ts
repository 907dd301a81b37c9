import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './bundleProgram.ts';

interface SourceManifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

/**
 * The package.json of the npm package: name, version and the versions of what is not in the bundle are those
 * of `packages/cli`. DuckDB, 100 MB of native code for one command, is installed by those who want it.
 */
export function packageManifest(): Readonly<Record<string, unknown>> {
  const source: SourceManifest = JSON.parse(readFileSync(join(ROOT, 'packages/cli/package.json'), 'utf8'));
  const { name, version, license, dependencies, optionalDependencies } = source;
  return {
    name,
    version,
    description: 'BingX candles without holes, and TradingView-aligned bars, in a Parquet lake',
    keywords: ['bingx', 'candles', 'ohlcv', 'parquet', 'tradingview'],
    license,
    type: 'module',
    engines: { node: '^22.18.0 || >=24.0.0' },
    bin: { candlelake: 'bin/candlelake.mjs' },
    exports: {
      '.': { types: './dist/index.d.ts', default: './dist/index.js' },
      './package.json': './package.json',
    },
    files: ['bin', 'dist', 'THIRD-PARTY-LICENSES.txt'],
    dependencies: { 'parquet-wasm': dependencies['parquet-wasm'] },
    peerDependencies: { '@duckdb/node-api': optionalDependencies['@duckdb/node-api'] },
    peerDependenciesMeta: { '@duckdb/node-api': { optional: true } },
  };
}

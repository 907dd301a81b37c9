/**
 * Type-checks sst.config.ts and infra/ with the TypeScript that sst brings. sst ships its components as sources, and a plain `tsc` reports some 170 errors in them;
 * so only our own files are asked about. Prints what is wrong and ends with 1 if anything is.
 */
import { createRequire } from 'node:module';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../../..');
const ts = createRequire(path.join(root, '.sst/platform/package.json'))('typescript');
const configFile = path.join(root, 'tsconfig.infra.json');
const { config } = ts.readConfigFile(configFile, ts.sys.readFile);
const { fileNames, options } = ts.parseJsonConfigFileContent(config, ts.sys, root, undefined, configFile);
const program = ts.createProgram(fileNames, options);
const own = program
  .getSourceFiles()
  .filter(
    ({ fileName }) =>
      path.dirname(fileName) === path.join(root, 'infra') || fileName === path.join(root, 'sst.config.ts'),
  );
const diagnostics = [
  ...program.getConfigFileParsingDiagnostics(),
  ...program.getOptionsDiagnostics(),
  ...own.flatMap((file) => [
    ...program.getSyntacticDiagnostics(file),
    ...program.getSemanticDiagnostics(file),
  ]),
];
process.stdout.write(
  ts.formatDiagnostics(diagnostics, {
    getCanonicalFileName: (name) => name,
    getCurrentDirectory: () => root,
    getNewLine: () => '\n',
  }),
);
process.stdout.write(`${own.length} files, ${diagnostics.length} errors\n`);
process.exitCode = diagnostics.length > 0 || own.length < 5 ? 1 : 0;

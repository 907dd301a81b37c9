import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Result pages of Athena and lists of metrics are long. */
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/**
 * The AWS command line in a region: a call returns its JSON answer, null when it prints nothing, and throws
 * what it says.
 */
export function createAwsCli(region: string): (...args: readonly string[]) => Promise<unknown> {
  const env = { ...process.env, AWS_REGION: region, AWS_DEFAULT_REGION: region };
  return async (...args) => {
    const options = { env, maxBuffer: MAX_OUTPUT_BYTES };
    // `aws s3` has no output format.
    const format = args[0] === 's3' ? [] : ['--output', 'json'];
    const { stdout } = await promisify(execFile)('aws', [...args, ...format], options);
    return stdout.trim() === '' ? null : JSON.parse(stdout);
  };
}

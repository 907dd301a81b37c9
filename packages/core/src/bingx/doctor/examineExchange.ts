import { type CheckResult, type DoctorOptions, type DoctorPorts, runChecks } from './check.ts';
import { REST_CHECKS } from './restChecks.ts';
import { RestSession } from './restSession.ts';
import { STREAM_CHECKS } from './streamChecks.ts';
import { StreamProbe } from './streamProbe.ts';

/**
 * Compares the exchange with the assumptions of docs/bingx.md, in about a hundred seconds, most of which are
 * the wait for the close of a 1m candle. Yields each result as soon as it is known; only those of the named
 * checks when `names` is given. Throws the signal's reason only.
 */
export async function* examineExchange(
  ports: DoctorPorts,
  options: DoctorOptions & { readonly names?: readonly string[] },
  signal: AbortSignal,
): AsyncGenerator<CheckResult> {
  const { names } = options;
  const chosen = <T extends { readonly name: string }>(checks: readonly T[]) =>
    checks.filter(({ name }) => names?.includes(name) ?? true);
  const rest = new RestSession(ports, options);
  const probe = new StreamProbe(ports, options);
  try {
    yield* runChecks(chosen(REST_CHECKS), rest, signal);
    yield* runChecks(chosen(STREAM_CHECKS), { probe, rest }, signal);
  } finally {
    probe.close();
  }
}

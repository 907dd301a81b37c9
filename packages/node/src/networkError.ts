/**
 * The reason of a failed connection: the system's code (`ECONNREFUSED`), or the refusal of the proxy as text.
 */
export function networkReason(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string') {
      return at.code === 'ERR_PROXY_TUNNEL' ? proxyRefusal(at.message) : at.code;
    }
    if (at instanceof AggregateError && at.errors.length > 0) return networkReason(at.errors[0]);
    if (at.cause === undefined) return at.message;
  }
  return String(error);
}

/** Node's text names the host, the proxy without its credentials, and the status line of the answer. */
function proxyRefusal(message: string): string {
  const status = /HTTP\/1\.[01] (\d{3}[^\r\n]{0,80})/.exec(message)?.[1];
  return status === undefined ? `no tunnel through the proxy` : `the proxy refused with "${status}"`;
}

/** What an `npm audit --json` says, for the end of a lane. */
export interface AuditVerdict {
  /** Whether a registry answered: without one nothing is known. */
  readonly ran: boolean;
  /** Whether a package has a known vulnerability. */
  readonly failed: boolean;
  readonly lines: readonly string[];
}

interface AuditReport {
  readonly vulnerabilities?: Readonly<
    Record<string, { readonly severity?: string; readonly range?: string }>
  >;
  readonly metadata?: { readonly vulnerabilities?: { readonly total?: number } };
  readonly message?: string;
}

/** Reads the output of `npm audit --json`. A report counts only when it says how many findings there are. */
export function readAudit(output: string): AuditVerdict {
  const report = parse(output);
  const total = report?.metadata?.vulnerabilities?.total;
  if (report === null || total === undefined) {
    const reason = report?.message ?? (output.trim() === '' ? 'no output' : 'the output is no report');
    return { ran: false, failed: false, lines: [`npm audit: not run, no registry answered it: ${reason}`] };
  }
  const found = Object.entries(report.vulnerabilities ?? {});
  if (total === 0 && found.length === 0)
    return { ran: true, failed: false, lines: ['npm audit: 0 findings'] };
  const lines = found.map(
    ([name, { severity, range }]) => `npm audit: ${name} ${range ?? ''}: ${severity ?? 'unknown'}`,
  );
  return {
    ran: true,
    failed: true,
    lines: [...lines, `npm audit: ${Math.max(total, found.length)} findings`],
  };
}

function parse(output: string): AuditReport | null {
  try {
    const value: unknown = JSON.parse(output);
    return typeof value === 'object' && value !== null ? value : null;
  } catch {
    return null;
  }
}

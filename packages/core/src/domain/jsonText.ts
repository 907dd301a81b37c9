/**
 * A value as JSON for a message. JSON.stringify exhausts the stack on about 5,000 nested arrays, which
 * JSON.parse reads: 10 kB of a hostile text.
 */
export function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return '"nested too deep to show"';
  }
}

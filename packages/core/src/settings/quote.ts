import { jsonText } from '../domain/jsonText.ts';

const MAX_CHARACTERS = 80;

/** A value for an error message: in quotes, on one line, shortened when it is long. */
export function quote(value: unknown): string {
  const list = Array.isArray(value) && value.every((item) => typeof item !== 'object');
  const text = jsonText(typeof value === 'object' && !list ? jsonText(value) : String(value));
  return text.length <= MAX_CHARACTERS ? text : `${text.slice(0, MAX_CHARACTERS)}…"`;
}

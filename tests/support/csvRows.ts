import { readFileSync } from 'node:fs';

/** The rows of a CSV file without quotes, each by the names in its header. */
export function readCsvRows(path: string): readonly Readonly<Record<string, string>>[] {
  const [header = '', ...lines] = readFileSync(path, 'utf8').trim().split(/\r?\n/);
  const names = header.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((text, index) => [names[index]!, text])));
}

/** A value of a row of output. A text that is a number is written without quotes in JSON. */
export type Cell =
  | string
  | number
  | bigint
  | boolean
  | null
  | { readonly text: string; readonly isNumber: boolean };

/** The value as text; null for none. */
export function cellText(cell: Cell): string | null {
  if (cell === null) return null;
  return typeof cell === 'object' ? cell.text : String(cell);
}

/** A line of CSV after RFC 4180, without its end; a value that is null is empty. */
export function csvLine(cells: readonly Cell[]): string {
  return cells.map(csvField).join(',');
}

function csvField(cell: Cell): string {
  const text = cellText(cell) ?? '';
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A JSON object on one line. Numbers keep all digits; NaN and infinities are null. */
export function jsonLine(columns: readonly string[], cells: readonly Cell[]): string {
  const members = columns.map((column, index) => `${JSON.stringify(column)}:${jsonValue(cells[index]!)}`);
  return `{${members.join(',')}}`;
}

function jsonValue(cell: Cell): string {
  if (typeof cell === 'bigint') return String(cell);
  if (cell !== null && typeof cell === 'object') return cell.isNumber ? cell.text : JSON.stringify(cell.text);
  return JSON.stringify(cell);
}

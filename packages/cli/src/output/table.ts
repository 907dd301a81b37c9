/**
 * Aligns the cells of rows of equal length: to the right, except the first `left` columns and the last one.
 */
export function alignTable(rows: readonly (readonly string[])[], left = 0): readonly string[] {
  const last = (rows[0]?.length ?? 0) - 1;
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => {
    const cells = row.map((cell, column) => {
      if (column === last) return cell;
      return column < left ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!);
    });
    return `  ${cells.join('  ')}`.trimEnd();
  });
}

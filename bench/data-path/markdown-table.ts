/** A Markdown table whose columns are as wide as their longest cell. @param rows all as long as `header`; numbers to the right */
export function markdownTable(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const text = rows.map((row) => row.map(String));
  const widths = header.map((title, column) =>
    Math.max(3, title.length, ...text.map((row) => (row[column] ?? "").length)),
  );
  const toTheRight = header.map((_, column) => rows.every((row) => /^[\d<≈–-]/.test(String(row[column]))));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => (toTheRight[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0))).join(" | ")} |`;
  const rule = widths.map((width, column) => (toTheRight[column] ? `${"-".repeat(width - 1)}:` : "-".repeat(width)));
  return [line(header), line(rule), ...text.map(line)].join("\n");
}

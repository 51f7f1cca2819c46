/** What is whole in an outline: a finding without its fix is no help. */
const WHOLE = /^Findings:/;

/** What only matters to those who look closely. */
const LEFT_OUT = /^Assumed or not readable:/;

/**
 * A review or a trace without its details: its headings, which say what was sent and what became of it, and its findings.
 *
 * @param text numbered or indented lines are details of the line above
 */
export function outlineOf(text: string): readonly string[] {
  const lines: string[] = [];
  let isWhole = false;
  for (const line of text.split("\n")) {
    const isDetail = line === "" || /^\s|^\d+\. /.test(line);
    if (!isDetail) isWhole = WHOLE.test(line);
    if (line === "" || LEFT_OUT.test(line) || (isDetail && !isWhole)) continue;
    lines.push(line);
  }
  return lines;
}

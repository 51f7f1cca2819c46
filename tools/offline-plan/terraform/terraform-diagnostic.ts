import { z } from "zod";

const position = z.object({ line: z.number(), column: z.number() });

const diagnosticSchema = z.object({
  severity: z.enum(["error", "warning"]),
  summary: z.string(),
  detail: z.string().default(""),
  address: z.string().optional(),
  range: z.object({ filename: z.string(), start: position, end: position }).optional(),
  snippet: z
    .object({
      context: z.string().nullish(),
      code: z.string(),
      start_line: z.number(),
      values: z.array(z.object({ traversal: z.string(), statement: z.string() })).nullish(),
    })
    .nullish(),
});

/** What Terraform says about the configuration, as `-json` prints it. */
export type TerraformDiagnostic = z.infer<typeof diagnosticSchema>;

/**
 * The diagnostics of a `terraform ... -json` command.
 *
 * @param output one JSON object a line, or the single object of `terraform validate -json`
 */
export function terraformDiagnostics(output: string): TerraformDiagnostic[] {
  const found: TerraformDiagnostic[] = [];
  for (const line of output.split("\n")) {
    if (!line.includes('"diagnostic"')) continue;
    const parsed = diagnosticSchema.safeParse((JSON.parse(line) as { diagnostic?: unknown }).diagnostic);
    if (parsed.success) found.push(parsed.data);
  }
  return found;
}

/** The diagnostic with the lines of the user's file. @param line by the file as Terraform names it, and its line there */
export function withOriginalLines(
  diagnostic: TerraformDiagnostic,
  line: (file: string, line: number) => number,
): TerraformDiagnostic {
  const { range, snippet } = diagnostic;
  if (!range) return diagnostic;
  const at = (place: { line: number; column: number }) => ({ ...place, line: line(range.filename, place.line) });
  return {
    ...diagnostic,
    range: { ...range, start: at(range.start), end: at(range.end) },
    ...(snippet ? { snippet: { ...snippet, start_line: line(range.filename, snippet.start_line) } } : {}),
  };
}

/** As Terraform itself writes it. @param path turns Terraform's file name into the user's */
export function formatDiagnostic(diagnostic: TerraformDiagnostic, path: (file: string) => string): string {
  const { severity, summary, detail, address, range, snippet } = diagnostic;
  const lines = [`${severity === "error" ? "Error" : "Warning"}: ${summary}`, ""];
  if (address) lines.push(`  with ${address},`);
  if (range) {
    const context = snippet?.context ? `, in ${snippet.context}` : "";
    lines.push(`  on ${path(range.filename)}:${range.start.line}${context}:`);
    (snippet?.code.split("\n") ?? []).forEach((code, at) =>
      lines.push(`${String((snippet?.start_line ?? 0) + at).padStart(4)}: ${code}`),
    );
    for (const value of snippet?.values ?? []) lines.push(`    ${value.traversal} ${value.statement}`);
  }
  if (address || range) lines.push("");
  if (detail) lines.push(detail);
  return lines.join("\n").trimEnd();
}

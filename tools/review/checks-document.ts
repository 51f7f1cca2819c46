import { Check, Severity } from "./check";
import { CHECKS } from "./checks";

const MEANING: Readonly<Record<Severity, string>> = {
  error: "it will not work, or packets pass uninspected",
  warning: "it works until something happens",
  note: "worth knowing",
};

/** The text of docs/checks.md; a test compares the two. */
export function checksDocument(checks: readonly Check[] = CHECKS): string {
  const sections = (["error", "warning", "note"] as const).flatMap((severity) => [
    `## ${severity}: ${MEANING[severity]}`,
    ...checks.filter((check) => check.severity === severity).map(section),
  ]);
  return ["# Checks", INTRODUCTION, ...sections].join("\n\n").concat("\n");
}

const INTRODUCTION = `What \`npm run review\` looks for ([review.md](review.md)). Suppress one with
\`--suppress <check>@<address>=<reason>\`, or in \`gwlb-review.yaml\` beside the plan. This page is made by
\`node --import tsx tools/review/checks-document.ts > docs/checks.md\`.`;

function section({ id, title, why, fix, source }: Check): string {
  return [`### ${id}`, `**${title}.** ${why}`, `Fix: ${fix}`, `[Source](${source})`].join("\n\n");
}

if (require.main === module) process.stdout.write(checksDocument());

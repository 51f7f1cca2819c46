import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { readTopology } from "../topology/read-topology";
import { Severity } from "./check";
import { parsePrices, PRICES } from "./cost/prices";
import { loadInput } from "./load-input";
import { renderJson } from "./render/json";
import { renderMarkdown } from "./render/markdown";
import { renderTerminal } from "./render/terminal";
import { fails, review, Review } from "./review";
import { parseSuppression, parseSuppressionFile, Suppression } from "./suppression";

const USAGE = `Usage: npm run review -- <stack | directory | plan.json | state.json> [options]

Walks packets through a Terraform plan out and back, without AWS, and says what is wrong with it.

  --markdown             Markdown for a pull request, on stdout
  --json                 everything as JSON, on stdout
  --html <file>          one self-contained page; - for stdout
  --fail-on <severity>   exit code 1 when findings of this severity or a worse one are left: error, warning or note
  --suppress <check>[@<address>]=<reason>   accepts a finding; repeatable
  --suppressions <file>  YAML list of check, address, reason  (default: gwlb-review.yaml beside the plan)
  --prices <file>        prices instead of tools/review/cost/prices.json
  --var <name=value>, --var-file <file>     passed to terraform when a directory is planned; repeatable
  --help

Exit code: 0 reviewed, 1 findings at or above --fail-on, 2 nothing could be reviewed.
`;

const SUPPRESSION_FILE = "gwlb-review.yaml";
const SEVERITIES: readonly string[] = ["error", "warning", "note"];

async function main(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      markdown: { type: "boolean" },
      json: { type: "boolean" },
      html: { type: "string" },
      "fail-on": { type: "string" },
      suppress: { type: "string", multiple: true },
      suppressions: { type: "string" },
      prices: { type: "string" },
      var: { type: "string", multiple: true },
      "var-file": { type: "string", multiple: true },
      help: { type: "boolean", short: "h" },
    },
  });
  const [target, ...more] = positionals;
  if (values.help === true) {
    process.stdout.write(USAGE);
    return 0;
  }
  const failOn = values["fail-on"];
  if (failOn !== undefined && !SEVERITIES.includes(failOn))
    throw new Error(`--fail-on: expected error, warning or note, got '${failOn}'; choose one of them`);
  if (target === undefined || more.length > 0)
    throw new Error(`review: expected one stack, directory or plan, got ${positionals.length}; see --help`);
  const input = await loadInput(target, { variables: values.var, variableFiles: values["var-file"] });
  const reviewed = review(readTopology(input.json), {
    name: input.name,
    prices: values.prices === undefined ? PRICES : parsePrices(readFileSync(values.prices, "utf8"), values.prices),
    suppressions: suppressions(values.suppress ?? [], values.suppressions, input.directory),
    notes: input.notes,
  });
  await print(reviewed, values);
  return failOn !== undefined && fails(reviewed, failOn as Severity) ? 1 : 0;
}

function suppressions(flags: readonly string[], file: string | undefined, directory: string): readonly Suppression[] {
  const beside = join(directory, SUPPRESSION_FILE);
  const path = file ?? (existsSync(beside) ? beside : undefined);
  return [
    ...flags.map(parseSuppression),
    ...(path === undefined ? [] : parseSuppressionFile(readFileSync(path, "utf8"), path)),
  ];
}

async function print(
  reviewed: Review,
  values: { readonly markdown?: boolean; readonly json?: boolean; readonly html?: string },
): Promise<void> {
  if (values.html !== undefined) {
    // The layout engine takes longer to load than the rest of a review takes to run.
    const { renderHtml } = await import("./render/html");
    const page = await renderHtml(reviewed);
    if (values.html === "-") process.stdout.write(page);
    else writeFileSync(values.html, page);
  }
  if (values.json === true) process.stdout.write(renderJson(reviewed));
  else if (values.markdown === true) process.stdout.write(renderMarkdown(reviewed));
  else if (values.html !== "-") process.stdout.write(renderTerminal(reviewed));
}

// `| head` closes the pipe: nobody wants the rest.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  process.exit(error.code === "EPIPE" ? 0 : 2);
});

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 2;
  },
);

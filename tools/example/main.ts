import { join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { copyExample } from "./copy-example";

const ROOT = resolve(__dirname, "../..");

const USAGE = `Usage: npm run example -- new <example> <name>

Copies an example to examples/<name>, gives its stacks that name, and prints how to look at it and deploy it. The examples:
examples/README.md.

Example: npm run example -- new own-filter-rules mine

Exit code: 0 copied, 2 not.
`;

function main(argv: readonly string[]): number {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: { help: { type: "boolean", short: "h" } },
  });
  const [verb, from, name, ...more] = positionals;
  if (values.help === true) {
    process.stdout.write(USAGE);
    return 0;
  }
  if (verb !== "new" || from === undefined || name === undefined || more.length > 0) {
    throw new Error(`example: must be new, an example and a name, got '${positionals.join(" ")}'; see --help`);
  }
  const { folder, commands } = copyExample(join(ROOT, "examples"), from, name);
  process.stdout.write(`${relative(ROOT, folder)} is yours: change it. Next:\n\n${commands.join("\n")}\n`);
  return 0;
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}

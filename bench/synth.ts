import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { wholeNumberArgument } from "../tools/setup/whole-number";
import { median } from "./data-path/compare";

const ROOT = resolve(__dirname, "..");
const RUNS = wholeNumberArgument("bench:synth RUNS", process.argv[2], 5);

/** The default template's app, https://github.com/hashicorp/terraform-cdk/blob/main/packages/%40cdktf/cli-core/templates/typescript/cdktf.json */
const TEMPLATE_APP = "npx --yes ts-node@10.9.2 main.ts";

/** What each column runs; the template's tsconfig.json has these two values, ours is for a bundler. */
const COMMANDS = {
  "npm run synth": ["npm", "run", "--silent", "synth"],
  "cdktf synth, ts-node": ["npx", "cdktf", "synth", "--app", TEMPLATE_APP],
  "cdktf synth, our cdktf.json": ["npx", "cdktf", "synth"],
} as const;

type Column = keyof typeof COMMANDS;
const COLUMNS = Object.keys(COMMANDS) as Column[];

/** CPU seconds, user and system, of a command and of all that it started and waited for. */
function cpuSeconds(command: readonly string[]): number {
  const { status, stdout, stderr } = spawnSync(
    "bash",
    ["-c", '"$@" >/dev/null 2>&1 || exit 1; times', "bash", ...command],
    {
      cwd: ROOT,
      encoding: "utf8",
      env: {
        ...process.env,
        CHECKPOINT_DISABLE: "1",
        TS_NODE_COMPILER_OPTIONS: JSON.stringify({ module: "commonjs", moduleResolution: "node10" }),
      },
    },
  );
  if (status !== 0)
    throw new Error(`${command.join(" ")}: failed, got exit code ${String(status)}; run it by hand ${stderr}`);
  const children = stdout.trim().split("\n")[1] ?? "";
  return [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce((sum, [, m, s]) => sum + Number(m) * 60 + Number(s), 0);
}

COLUMNS.forEach((column) => cpuSeconds(COMMANDS[column]));
const rounds = Array.from({ length: RUNS }, () => COLUMNS.map((column) => cpuSeconds(COMMANDS[column])));

console.log(
  `All stacks, ${String(RUNS)} interleaved runs after one that is not counted, Node ${process.versions.node}\n`,
);
console.log("| | CPU seconds, median (min to max) | median ratio to npm run synth |");
console.log("| --- | --- | --- |");
COLUMNS.forEach((column, index) => {
  const seconds = rounds.map((round) => round[index] ?? NaN);
  const ratio = median(rounds.map((round) => (round[index] ?? NaN) / (round[0] ?? NaN)));
  const range = `${Math.min(...seconds).toFixed(2)} to ${Math.max(...seconds).toFixed(2)}`;
  console.log(`| ${column} | ${median(seconds).toFixed(2)} (${range}) | ${ratio.toFixed(1)} |`);
});

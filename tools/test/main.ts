import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describeMissing, installPackages, LAB_PACKAGES, TEST_PACKAGES } from "../setup/system-packages";
import { jestCounts, type Counts } from "./jest-counts";
import { STEPS, type Step } from "./steps";

const ROOT = resolve(__dirname, "../..");
const RESULTS = join(ROOT, ".cache/test");

const HELP = `npm test [-- STEP ...]: everything that CI runs, or only the named steps

${STEPS.map(({ name, about }) => `  ${name.padEnd(20)} ${about}`).join("\n")}

Example: npm test -- unit
The last line says 'N passed, N failed'; the exit code is 1 when anything failed, 2 for a step that does not exist.
Tests in network namespaces need Linux and root; elsewhere they are skipped, and REQUIRE_ROOT=1 makes that a failure.
`;

function main(args: readonly string[]): number {
  if (args.includes("--help") || args.includes("-h")) {
    process.stdout.write(HELP);
    return 0;
  }
  const unknown = args.find((arg) => !STEPS.some(({ name }) => name === arg));
  if (unknown !== undefined) {
    process.stderr.write(
      `npm test: no such step, got '${unknown}'; steps are ${STEPS.map(({ name }) => name).join(", ")}\n`,
    );
    return 2;
  }
  rmSync(RESULTS, { recursive: true, force: true });
  mkdirSync(RESULTS, { recursive: true });
  const missing = installPackages([...TEST_PACKAGES, ...LAB_PACKAGES], say);
  describeMissing(missing).forEach(say);

  const total = STEPS.filter(({ name }) => args.length === 0 || args.includes(name))
    .map(run)
    .reduce((sum, counts) => ({ passed: sum.passed + counts.passed, failed: sum.failed + counts.failed }));
  const line = `${String(total.passed)} passed, ${String(total.failed)} failed`;
  writeFileSync(join(RESULTS, "summary"), `${line}\n`);
  process.stdout.write(`\n${line}\n`);
  return total.failed === 0 ? 0 : 1;
}

function run(step: Step): Counts {
  const started = Date.now();
  say(`\n== ${step.name}: ${step.about}`);
  const results = join(RESULTS, `${step.name}.json`);
  const [command, ...args] = step.command;
  const status = spawnSync(command, [...args, ...(step.jest ? ["--json", `--outputFile=${results}`] : [])], {
    cwd: ROOT,
    // Jest's JSON goes to the file; its report for people is on standard error.
    stdio: ["ignore", step.jest ? "ignore" : "inherit", "inherit"],
    env: { ...process.env, CHECKPOINT_DISABLE: "1" },
  }).status;
  say(
    `== ${step.name}: ${status === 0 ? "passed" : `FAILED, exit code ${String(status)}`} after ${String(Math.round((Date.now() - started) / 1000))} s`,
  );
  if (step.jest && existsSync(results)) return jestCounts(JSON.parse(readFileSync(results, "utf8")), status === 0);
  return status === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

process.exitCode = main(process.argv.slice(2));

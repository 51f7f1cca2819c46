import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { describeMissing, installPackages, LAB_PACKAGES, TEST_PACKAGES } from "../setup/system-packages";
import { type Counts, failedFiles, jestCounts, type JestReport, withSecondTry } from "./jest-counts";
import { STEPS, type Step } from "./steps";

const ROOT = resolve(__dirname, "../..");
const RESULTS = join(ROOT, ".cache/test");

const ENVIRONMENT = { ...process.env, CHECKPOINT_DISABLE: "1" };

/** More failing files than this are a fault of the change, not of a busy machine. */
const MAX_SECOND_TRIES = 8;

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
  const counts = step.jest ? runJest(step) : runCommand(step);
  const verdict = counts.failed === 0 ? "passed" : "FAILED";
  say(`== ${step.name}: ${verdict} after ${String(Math.round((Date.now() - started) / 1000))} s`);
  return counts;
}

function runCommand({ command: [program, ...args] }: Step): Counts {
  const { status } = spawnSync(program, args, { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"], env: ENVIRONMENT });
  return status === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

/**
 * Runs jest; a few files that fail are run once more, alone, and that is said. Tests here follow the clock of kernels, Squid
 * and Terraform; beside other work on a small machine one of them can miss its deadline, but not twice when it is alone.
 */
function runJest(step: Step): Counts {
  const first = jestReport(step, []);
  const failed = first.report === undefined ? [] : failedFiles(first.report);
  if (first.report === undefined || failed.length === 0 || failed.length > MAX_SECOND_TRIES) {
    return first.report === undefined ? { passed: 0, failed: 1 } : jestCounts(first.report, first.exitedWell);
  }
  say(`== ${step.name}: a second try, alone, of ${failed.map((file) => relative(ROOT, file)).join(", ")}`);
  const second = jestReport(step, ["--runInBand", "--runTestsByPath", ...failed]);
  if (second.report === undefined) return jestCounts(first.report, false);
  return jestCounts(withSecondTry(first.report, second.report), second.exitedWell);
}

function jestReport(step: Step, more: readonly string[]): { report: JestReport | undefined; exitedWell: boolean } {
  const file = join(RESULTS, `${step.name}.json`);
  rmSync(file, { force: true });
  const [program, ...args] = step.command;
  const { status } = spawnSync(program, [...args, "--json", `--outputFile=${file}`, ...more], {
    cwd: ROOT,
    // Jest's JSON goes to the file; its report for people is on standard error.
    stdio: ["ignore", "ignore", "inherit"],
    env: ENVIRONMENT,
  });
  const report = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as JestReport) : undefined;
  return { report, exitedWell: status === 0 };
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

process.exitCode = main(process.argv.slice(2));

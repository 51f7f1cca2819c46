import { readAssumptions } from "./assumptions";
import { HELP, UsageError, commandLine, type CommandLine } from "./command-line";
import { normalPlan, offlinePlan } from "./offline-plan";
import { OfflinePlanError } from "./offline-plan-error";
import type { SessionOptions } from "./offline-session";
import { delayedProgress } from "./progress";
import { assumedValuesText } from "./report";
import { withScratchDirectory } from "./scratch-directory";
import { isStackName, synthesizedStack } from "./stack-target";

const EXIT_CODES = { configuration: 1, input: 2, terraform: 3 } as const;

const progress = delayedProgress((line) => process.stderr.write(line));
run(process.argv.slice(2))
  .catch((error: unknown) => {
    if (error instanceof UsageError) fail(error.message, EXIT_CODES.input);
    else if (error instanceof OfflinePlanError) fail(error.message, EXIT_CODES[error.failure]);
    else throw error;
  })
  .finally(() => {
    progress.stop();
  });

async function run(words: readonly string[]): Promise<void> {
  const asked = commandLine(words);
  if (asked === "help") {
    process.stdout.write(HELP);
    return;
  }
  const options = sessionOptions(asked);
  if (!isStackName(asked.target)) {
    await plan(asked.target, asked.json, options);
    return;
  }
  await withScratchDirectory(async (scratch, signal) => {
    progress.step("synthesizing");
    await plan(await synthesizedStack(asked.target, scratch, signal), asked.json, options);
  });
}

async function plan(target: string, json: boolean, options: SessionOptions): Promise<void> {
  const made = json ? await offlinePlan(target, options) : await normalPlan(target, options);
  if (made.warnings.length) process.stderr.write(`${made.warnings.join("\n\n")}\n\n`);
  if (json) process.stderr.write(assumedValuesText(made.assumedValues));
  process.stdout.write(
    "text" in made ? `${made.text}\n${assumedValuesText(made.assumedValues)}` : `${JSON.stringify(made.plan)}\n`,
  );
}

function sessionOptions(asked: CommandLine): SessionOptions {
  return {
    variables: asked.variables,
    variableFiles: asked.variableFiles,
    onProgress: progress.step,
    ...(asked.assume ? { assumptions: readAssumptions(asked.assume) } : {}),
    ...(asked.terraform ? { terraform: asked.terraform } : {}),
  };
}

function fail(message: string, code: number): void {
  process.stderr.write(`${message}\n`);
  process.exitCode = code;
}

import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { isProgram } from "../offline-plan/synthesized-program";

/** A plan of this size would need more memory than a review may use. */
const MAX_PLAN_BYTES = 64 * 1024 * 1024;

/** What is reviewed, and what had to be assumed to get at it. */
export interface Input {
  readonly name: string;
  /** `terraform show -json`, parsed. */
  readonly json: unknown;
  readonly notes: readonly string[];
  /** Directory in which a suppression file is looked for. */
  readonly directory: string;
}

/** How a directory is planned. */
export interface PlanOptions {
  readonly variables?: readonly string[];
  readonly variableFiles?: readonly string[];
  /** Directory with synthesized stacks. @default "cdktf.out" */
  readonly output?: string;
}

/**
 * Gets at a plan: a file with plan or state JSON is read, a directory or a synthesized stack is planned offline. A
 * directory without Terraform whose `main.ts` synthesizes it is synthesized first.
 *
 * @throws Error when there is nothing to review, saying what to pass instead
 */
export async function loadInput(target: string, options: PlanOptions = {}): Promise<Input> {
  const synthesized = join(options.output ?? "cdktf.out", "stacks", target);
  const path = existsSync(target) ? target : existsSync(join(synthesized, "cdk.tf.json")) ? synthesized : undefined;
  if (path === undefined)
    throw new Error(
      `review: no such file, directory or stack, got '${target}'; ${suggestion(options.output ?? "cdktf.out")}`,
    );
  const isFile = statSync(path).isFile();
  if (isFile && basename(path) !== "cdk.tf.json")
    return { name: target, json: readPlanFile(path), notes: [], directory: dirname(path) };
  const directory = isFile ? dirname(path) : path;
  if (!readdirSync(directory).some((file) => /\.tf(\.json)?$/.test(file)) && !isProgram(directory)) {
    throw new Error(
      `review: expected Terraform files, got the directory '${target}' without any *.tf or *.tf.json; pass a root module's directory, or plan JSON`,
    );
  }
  // Loaded here: a plan that is read from a file needs neither gRPC nor the provider's schema.
  const { offlinePlan } = await import("../offline-plan/offline-plan");
  const planned = await offlinePlan(path, { variables: options.variables, variableFiles: options.variableFiles });
  const assumed = planned.assumedValues.map(
    (one) => `${one.address} is assumed to find ${JSON.stringify(one.values).slice(0, 160)}`,
  );
  return { name: target, json: planned.plan, notes: assumed, directory };
}

function suggestion(output: string): string {
  const stacks = existsSync(join(output, "stacks")) ? readdirSync(join(output, "stacks")) : [];
  return stacks.length > 0
    ? `synthesized stacks are ${stacks.join(", ")}, and \`npm run synth\` makes the scenarios`
    : "pass a Terraform directory or `terraform show -json` in a file; `npm run synth` makes the stacks";
}

function readPlanFile(path: string): unknown {
  const { size } = statSync(path);
  if (size > MAX_PLAN_BYTES) {
    throw new Error(
      `${path}: a plan may have 64 MiB, got ${(size / 1024 / 1024).toFixed(0)} MiB; review the modules one by one`,
    );
  }
  const start = Buffer.alloc(4);
  const file = openSync(path, "r");
  readSync(file, start, 0, 4, 0);
  closeSync(file);
  if (start.toString("latin1").startsWith("PK")) {
    throw new Error(
      `${path}: expected JSON, got a binary plan file; run \`terraform show -json ${basename(path)} > plan.json\` and pass plan.json`,
    );
  }
  const text = readFileSync(path, "utf8");
  try {
    return JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  } catch (error) {
    const reason = error instanceof Error ? error.message.replaceAll(/[^\x20-\x7e]/g, "?").slice(0, 120) : "";
    throw new Error(
      `${path}: expected JSON, got ${reason || "something else"}; run \`terraform show -json <plan file>\` again, it may have been cut short`,
      { cause: error },
    );
  }
}

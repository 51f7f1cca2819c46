import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { OfflinePlanError } from "./offline-plan-error";
import { synthesize } from "./synthesized-program";

/** Whether a command line's target can only be the name of one of this repository's stacks. */
export function isStackName(target: string): boolean {
  return /^[a-z][a-z0-9-]*$/.test(target) && !existsSync(target);
}

/**
 * Synthesizes this repository's stacks.
 *
 * @param into a directory of the caller's, so that two runs at once do not meet in `cdktf.out`
 * @returns the directory of the stack's `cdk.tf.json`
 * @throws OfflinePlanError when there is no such stack, or synthesis fails
 */
export async function synthesizedStack(name: string, into: string, signal: AbortSignal): Promise<string> {
  await synthesize("main.ts", into, "main.ts", signal);
  const stacks = join(into, "stacks");
  const names = existsSync(stacks) ? readdirSync(stacks).sort() : [];
  if (names.includes(name)) return join(stacks, name);
  throw new OfflinePlanError(
    "input",
    `${name}: neither a directory nor a stack of this repository; its stacks are ${names.join(", ") || "none"}`,
  );
}

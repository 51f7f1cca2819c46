import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { deserialize, serialize } from "node:v8";
import type { LoadedPlan } from "../plan/load-plan";

const fileIn = (directory: string): string => join(directory, "plan.v8");

/** Keeps what a lab was made of, for later commands: the configuration file may be another one by then. */
export function rememberPlan(directory: string, plan: LoadedPlan): void {
  writeFileSync(fileIn(directory), serialize(plan));
}

/** What a lab was made of. @throws Error when it has not been planned yet */
export function rememberedPlan(directory: string): LoadedPlan {
  return deserialize(readFileSync(fileIn(directory))) as LoadedPlan;
}

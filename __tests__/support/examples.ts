import { cpSync, existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { writeModules } from "../../tools/build-modules/write-modules";
import type { AgentArchive } from "../../modules/agent-bundle";

/** Where the examples are. */
export const EXAMPLES = join(resolve(__dirname, "../.."), "examples");

/** Every example on disk, so that none can be forgotten. */
export const EXAMPLE_NAMES: readonly string[] = readdirSync(EXAMPLES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort();

/**
 * The folder of an example as a user's tools get it; HCL in a copy, beside the modules that it calls.
 *
 * @param scratch an existing folder of the caller's
 * @param archive the agent that the modules ship
 */
export function exampleFolder(example: string, scratch: string, archive: AgentArchive): string {
  const folder = join(EXAMPLES, example);
  if (existsSync(join(folder, "main.ts"))) return folder;
  cpSync(folder, join(scratch, "examples", example), { recursive: true });
  writeModules(join(scratch, "dist/terraform-modules"), archive);
  return join(scratch, "examples", example);
}

import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AgentArchive } from "../../modules/agent-bundle";
import { BuiltModule, buildModule } from "./build-module";
import { DEFINITIONS } from "./definitions";
import { readme } from "./readme";

/** A module on disk. */
export interface WrittenModule {
  readonly name: string;
  readonly directory: string;
  /** Resource blocks, not instances. */
  readonly resources: number;
}

/** Writes every module into a directory of its own; what was in there before is gone. */
export function writeModules(root: string, archive: AgentArchive): WrittenModule[] {
  return DEFINITIONS.map((definition) => {
    const directory = join(root, definition.name);
    const built = buildModule(definition);
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory, { recursive: true });
    for (const [file, text] of Object.entries(files(built, archive))) writeFileSync(join(directory, file), text);
    if (definition.shipsAgent) copyFileSync(archive.path, join(directory, "gwlb-agent.tar"));
    return { name: definition.name, directory, resources: built.places.size };
  });
}

/** Text of a module's files, by name. */
export function files(built: BuiltModule, archive: AgentArchive): Record<string, string> {
  const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
  const main = built.main as { readonly locals?: object };
  const locals = built.definition.shipsAgent ? { ...main.locals, program_sha256: archive.sha256 } : main.locals;
  return {
    "main.tf.json": json(locals ? { ...main, locals } : main),
    "variables.tf.json": json(built.variables),
    "outputs.tf.json": json(built.outputs),
    "versions.tf.json": json(built.versions),
    "README.md": readme(built.definition),
    ...Object.fromEntries(built.templates),
  };
}

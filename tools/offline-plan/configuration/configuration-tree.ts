import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { moduleFacts, type ConfigurationFile, type ModuleCall, type ModuleFacts } from "./module-facts";

/** One directory of configuration files. */
export interface ConfigurationModule {
  readonly files: readonly ConfigurationFile[];
  readonly facts: ModuleFacts;
}

/** A root module and every module below it that is on this machine. */
export interface ConfigurationTree {
  /** Absolute. */
  readonly root: string;
  /** By absolute directory; the root is the first. */
  readonly modules: ReadonlyMap<string, ConfigurationModule>;
  /** Calls whose source is neither a local path nor installed by an earlier `terraform init`. */
  readonly missing: readonly MissingModule[];
  /** Directories above modules that their text reaches into with `../`. */
  readonly reachableParents: readonly string[];
  /** `.terraform/modules/modules.json` of the root, when there is one. */
  readonly installedModules?: string;
}

/** A module that would have to be downloaded. */
export interface MissingModule {
  readonly call: ModuleCall;
  /** Absolute path of the file that calls it. */
  readonly file: string;
}

interface Installed {
  readonly Key: string;
  readonly Dir: string;
}

/** Deepest `../../..` that is followed for files. */
const MAX_PARENTS = 8;

/**
 * Reads a directory and, through `module` blocks, everything that it uses.
 *
 * @param root absolute, without symbolic links
 */
export function configurationTree(root: string): ConfigurationTree {
  const modules = new Map<string, ConfigurationModule>();
  const missing: MissingModule[] = [];
  const installed = installedModules(root);
  const visited = new Set<string>();
  const visit = (directory: string, key: string): void => {
    if (visited.has(`${directory}\0${key}`) || !existsSync(directory)) return;
    visited.add(`${directory}\0${key}`);
    const module = modules.get(directory) ?? readModule(directory);
    modules.set(directory, module);
    for (const call of module.facts.calls) {
      const child = key ? `${key}.${call.name}` : call.name;
      const dir = installed.get(child);
      if (/^\.\.?(\/|$)/.test(call.source)) visit(resolve(directory, call.source), child);
      else if (dir !== undefined && existsSync(resolve(root, dir))) visit(resolve(root, dir), child);
      else missing.push({ call, file: join(directory, call.file) });
    }
  };
  visit(root, "");
  const manifest = join(root, ".terraform/modules/modules.json");
  return {
    root,
    modules,
    missing,
    reachableParents: reachableParents(modules),
    ...(installed.size ? { installedModules: manifest } : {}),
  };
}

/** Which files Terraform would read in a directory. @see https://developer.hashicorp.com/terraform/language/files */
function readModule(directory: string): ConfigurationModule {
  const files = readdirSync(directory, { withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && /^[^.#].*\.tf(\.json)?$/.test(entry.name))
    .map(({ name }) => ({ name, text: readFileSync(join(directory, name), "utf8") }));
  return { files, facts: moduleFacts(files) };
}

function reachableParents(modules: ReadonlyMap<string, ConfigurationModule>): string[] {
  const found = new Set<string>();
  for (const [directory, { files }] of modules) {
    const ups = files.flatMap(({ text }) => [...text.matchAll(/(?:\.\.\/)+/g)].map(([it]) => it.length / 3));
    let at = directory;
    for (let left = Math.min(MAX_PARENTS, Math.max(0, ...ups)); left > 0; left--) {
      at = dirname(at);
      if (!modules.has(at)) found.add(at);
    }
  }
  return [...found];
}

function installedModules(root: string): ReadonlyMap<string, string> {
  try {
    const text = readFileSync(join(root, ".terraform/modules/modules.json"), "utf8");
    const { Modules } = JSON.parse(text) as { Modules?: Installed[] };
    return new Map((Modules ?? []).map(({ Key, Dir }) => [Key, Dir]));
  } catch {
    return new Map();
  }
}

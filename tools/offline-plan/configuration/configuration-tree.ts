import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
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
  /** Calls whose source is a local path at which there is nothing. */
  readonly absent: readonly MissingModule[];
  /** Every configuration file, one after the other. */
  readonly text: string;
  /** Directories above modules that their text reaches into with `../`. */
  readonly reachableParents: readonly string[];
  /** What `terraform init` would write to `.terraform/modules/modules.json`. */
  readonly manifest: readonly InstalledModule[];
}

/** Where one module call's directory is: Terraform's own record, by its own names. */
export interface InstalledModule {
  /** Calls from the root, joined by dots; empty for the root. */
  readonly Key: string;
  readonly Source: string;
  readonly Version?: string;
  /** Relative to the root. */
  readonly Dir: string;
}

/** A module that is not there. */
export interface MissingModule {
  readonly call: ModuleCall;
  /** Absolute path of the file that calls it. */
  readonly file: string;
}

/** Deepest `../../..` that is followed for files. */
const MAX_PARENTS = 8;

/** Deepest nesting of modules: one that calls itself is Terraform's to report. */
const MAX_DEPTH = 30;

/**
 * Reads a directory and, through `module` blocks, everything that it uses.
 *
 * @param root absolute, without symbolic links
 */
export function configurationTree(root: string): ConfigurationTree {
  const modules = new Map<string, ConfigurationModule>();
  const missing: MissingModule[] = [];
  const absent: MissingModule[] = [];
  const installed = installedModules(root);
  const manifest: InstalledModule[] = [];
  const visit = (directory: string, key: string, record: Omit<InstalledModule, "Key" | "Dir">, depth: number): void => {
    if (!existsSync(directory) || depth > MAX_DEPTH) return;
    manifest.push({ Key: key, ...record, Dir: relative(root, directory) || "." });
    const module = modules.get(directory) ?? readModule(directory);
    modules.set(directory, module);
    for (const call of module.facts.calls) {
      const child = key ? `${key}.${call.name}` : call.name;
      const record = installed.get(child);
      const file = join(directory, call.file);
      const isLocal = /^\.\.?(\/|$)/.test(call.source);
      if (isLocal && !existsSync(resolve(directory, call.source))) absent.push({ call, file });
      else if (isLocal) visit(resolve(directory, call.source), child, { Source: call.source }, depth + 1);
      else if (record && existsSync(resolve(root, record.Dir)))
        visit(resolve(root, record.Dir), child, record, depth + 1);
      else missing.push({ call, file });
    }
  };
  visit(root, "", { Source: "" }, 0);
  const text = [...modules.values()].flatMap(({ files }) => files.map((it) => it.text)).join("\n");
  return { root, modules, missing, absent, manifest, text, reachableParents: reachableParents(modules) };
}

/** Which files Terraform would read in a directory. @see https://developer.hashicorp.com/terraform/language/files */
function readModule(directory: string): ConfigurationModule {
  const files = readdirSync(directory, { withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && /^[^.#].*\.tf(\.json)?$/.test(entry.name))
    .flatMap(({ name }) => {
      const text = textOf(join(directory, name));
      return text === undefined ? [] : [{ name, text }];
    });
  return { files, facts: moduleFacts(files) };
}

/** A link that leads nowhere or a file that may not be read is left for Terraform to report. */
function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
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

/** What an earlier `terraform init` downloaded. */
function installedModules(root: string): ReadonlyMap<string, InstalledModule> {
  try {
    const text = readFileSync(join(root, ".terraform/modules/modules.json"), "utf8");
    const { Modules } = JSON.parse(text) as { Modules?: InstalledModule[] };
    return new Map((Modules ?? []).map((it) => [it.Key, it]));
  } catch {
    return new Map();
  }
}

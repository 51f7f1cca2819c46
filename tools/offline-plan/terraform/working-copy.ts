import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { withoutSideEffects } from "../configuration/without-side-effects";
import type { ConfigurationTree } from "../configuration/configuration-tree";

/** Never seen by a plan: state and lock belong to the real back end and the real providers. */
const LEFT_OUT =
  /^(\.terraform|\.git|\.terraform\.lock\.hcl|terraform\.tfstate.*|.*\.tfstate|\.terraform\.tfstate\.lock\.info)$/;

/** A directory into which Terraform may write, and which reads like the user's. */
export interface WorkingCopy {
  /** The root module's copy: Terraform's working directory. */
  readonly directory: string;
  /** Where the copy of an absolute path is. */
  readonly place: (path: string) => string;
  /** `text` with the copy's paths replaced by the user's. */
  readonly original: (text: string) => string;
}

/**
 * Copies the configuration files of a root module and of its local modules, and links everything else.
 *
 * Paths keep their places below `into`, so that `../` sources and files are found. Back ends, `cloud` blocks and
 * provisioners are left out of the copies.
 */
export function workingCopy(tree: ConfigurationTree, into: string): WorkingCopy {
  const place = (path: string) => join(into, path);
  const inner = new Set<string>();
  for (const directory of [...tree.modules.keys(), ...tree.reachableParents])
    for (let at = directory; !inner.has(at); at = dirname(at)) inner.add(at);
  for (const directory of inner) mkdirSync(place(directory), { recursive: true });
  for (const directory of [...tree.modules.keys(), ...tree.reachableParents])
    for (const entry of entriesOf(directory)) {
      const path = join(directory, entry);
      const inside = directory.includes(`${sep}.terraform${sep}`);
      if (inner.has(path) || (LEFT_OUT.test(entry) && !inside)) continue;
      const file = tree.modules.get(directory)?.files.find((it) => it.name === entry);
      if (file) writeFileSync(place(path), withoutSideEffects(file));
      else symlinkSync(path, place(path));
    }
  // What `terraform init` would find out: with it, and with every provider attached, there is nothing to initialize.
  const data = join(place(tree.root), ".terraform/modules");
  mkdirSync(data, { recursive: true });
  writeFileSync(join(data, "modules.json"), JSON.stringify({ Modules: tree.manifest }));
  return {
    directory: place(tree.root),
    place,
    original: (text) => text.replaceAll(into, ""),
  };
}

/** A parent directory that may be crossed but not read has nothing to link. */
function entriesOf(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** A file that Terraform names relative to its working directory, as the user would name it from theirs. */
export function userPath(root: string, file: string, from = process.cwd()): string {
  const path = resolve(root, file);
  const near = relative(from, path);
  return near.startsWith(`..${sep}..`) || !existsSync(path) ? path : near;
}

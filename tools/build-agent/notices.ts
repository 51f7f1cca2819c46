import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

/**
 * The licences of every package whose code is in the program, for the archive: most of them ask to be passed on.
 *
 * @param root folder that contains `node_modules`
 * @param inputs source files, as {@link bundleProgram} returns them
 * @param more names of packages that are in the archive without being in the program
 */
export function notices(root: string, inputs: readonly string[], more: readonly string[] = []): string {
  const folders = inputs.flatMap((path) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []);
  const packages = new Map(
    [...folders, ...more.map((name) => `node_modules/${name}`)].map((folder) => notice(root, folder)),
  );
  const sorted = [...packages].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([name, text]) => `${name}\n${"-".repeat(name.length)}\n\n${text}\n`).join("\n\n");
}

function notice(root: string, folder: string): [name: string, text: string] {
  const path = join(root, folder);
  const { name, version, license } = JSON.parse(readFileSync(join(path, "package.json"), "utf8")) as Record<
    string,
    string
  >;
  const files = existsSync(path)
    ? readdirSync(path)
        .filter((file) => /^(licen[sc]e|notice|copying)/i.test(file))
        .sort()
    : [];
  const texts = files.map((file) => readFileSync(join(path, file), "utf8").replace(/\r\n/g, "\n").trim());
  return [`${name} ${version}`, texts.join("\n\n") || `License: ${license}`];
}

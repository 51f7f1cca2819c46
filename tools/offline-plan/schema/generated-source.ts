import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

const MARK = "sourceMappingURL=data:application/json;base64,";
const REMEDY = "install the version that package-lock.json names (npm ci)";

/**
 * The TypeScript from which one resource's module of a `@cdktf/provider-*` package was compiled.
 *
 * @param directory `<package>/lib/<resource>`; large ones keep their structures in `index-structs/`
 */
export function generatedSource(directory: string): string {
  const structures = join(directory, "index-structs");
  const more = existsSync(structures) ? readdirSync(structures).filter((it) => /^structs\d+\.js$/.test(it)) : [];
  return [join(directory, "index.js"), ...more.map((it) => join(structures, it))].map(sourceOf).join("\n");
}

/**
 * The TypeScript from which one file was compiled.
 *
 * The packages ship it inside the source map of every `index.js`. Only there does each attribute keep the provider
 * schema's own flags, in a comment that compilation removes.
 *
 * @throws Error when the file has no inline source map: the package's form has changed
 */
function sourceOf(file: string): string {
  const compiled = readFileSync(file, "utf8");
  const at = compiled.lastIndexOf(MARK);
  if (at < 0) throw new Error(`${file}: no inline source map in the provider package; ${REMEDY}`);
  const json = Buffer.from(compiled.slice(at + MARK.length).trim(), "base64").toString("utf8");
  const original = (JSON.parse(json) as { sourcesContent?: string[] }).sourcesContent?.[0];
  if (typeof original !== "string") throw new Error(`${file}: the source map has no source; ${REMEDY}`);
  return original;
}

import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { execFileSync } from "node:child_process";
import ts from "typescript";

const ROOT = resolve(__dirname, "..");

/** Every Markdown file that git knows or would add. */
const pages = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "*.md"], { cwd: ROOT, encoding: "utf8" })
  .split("\n")
  .filter((page) => page !== "" && existsSync(join(ROOT, page)));

const text = (page: string): string => readFileSync(join(ROOT, page), "utf8");

/** The ```ts blocks of a page; a block marked `no-check` is one that must not compile. */
function blocks(page: string): { line: number; code: string }[] {
  return [...text(page).matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => ({
    line: text(page).slice(0, match.index).split("\n").length + 1,
    code: match[1] ?? "",
  }));
}

test("every ts block of every page compiles as a file in the repository's root", () => {
  const files = new Map(
    pages.flatMap((page) =>
      blocks(page).map(({ line, code }) => [join(ROOT, `${page.replaceAll("/", "_")}_line_${String(line)}.ts`), code]),
    ) as [string, string][],
  );
  expect(files.size).toBeGreaterThan(0);
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(join(ROOT, "tsconfig.json"), (path) => ts.sys.readFile(path)).config,
    ts.sys,
    ROOT,
  );
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (name) => files.has(name) || fileExists.call(host, name);
  host.readFile = (name) => files.get(name) ?? readFile.call(host, name);
  host.getSourceFile = (name, ...rest) => {
    const code = files.get(name);
    return code === undefined
      ? getSourceFile.call(host, name, ...rest)
      : ts.createSourceFile(name, code, ts.ScriptTarget.ES2022);
  };
  const program = ts.createProgram([...files.keys()], { ...options, noUnusedLocals: false }, host);
  const problems = ts
    .getPreEmitDiagnostics(program)
    .filter(({ file }) => file !== undefined && files.has(file.fileName))
    .map(
      ({ file, messageText }) =>
        `${relative(ROOT, file?.fileName ?? "")}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`,
    );
  expect(problems).toEqual([]);
}, 60_000);

test.each(pages)("every relative link of %s resolves", (page) => {
  const links = [
    ...text(page)
      .replaceAll(/```[\s\S]*?```/g, "")
      .matchAll(/\]\(([^)\s]+)\)/g),
  ].map(([, link]) => link ?? "");
  const broken = links
    .filter((link) => !/^[a-z]+:/.test(link) && !link.startsWith("#"))
    .filter((link) => !existsSync(resolve(ROOT, dirname(page), link.split("#")[0] ?? "")));
  expect(broken).toEqual([]);
});

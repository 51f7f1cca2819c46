import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const ROOT = resolve(__dirname, "../../..");
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bootstrap-"));
  mkdirSync(join(folder, "tools/setup"), { recursive: true });
  for (const file of ["bootstrap.mjs", "usage.mjs"])
    cpSync(join(ROOT, "tools/setup", file), join(folder, "tools/setup", file));
  cpSync(join(ROOT, "package-lock.json"), join(folder, "package-lock.json"));
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  writeFileSync(join(folder, "program.ts"), "const said: string = process.argv.slice(2).join();\nconsole.log(said);\n");
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function bootstrap(node: string, ...args: string[]): { status: number | null; stdout: string; stderr: string } {
  writeFileSync(join(folder, "package.json"), JSON.stringify({ engines: { node } }));
  return spawnSync("node", ["tools/setup/bootstrap.mjs", ...args], { cwd: folder, encoding: "utf8" });
}

test("runs a TypeScript program with its arguments", () => {
  expect(bootstrap(">=20.19", "program.ts", "a", "b")).toMatchObject({ status: 0, stdout: "a,b\n", stderr: "" });
});

test("a program can import() another when it needs it, without an extension", () => {
  writeFileSync(join(folder, "late.ts"), 'export const said: string = "late";\n');
  writeFileSync(join(folder, "early.ts"), 'void import("./late").then(({ said }) => console.log(said));\n');
  expect(bootstrap(">=20.19", "early.ts")).toMatchObject({ status: 0, stdout: "late\n", stderr: "" });
});

test("fails when Node is too old, naming both versions", () => {
  expect(bootstrap(">=99.1", "program.ts")).toMatchObject({
    status: 1,
    stderr: `node: >=99.1 is needed, got ${process.versions.node}; install a current LTS release of Node.js\n`,
  });
});

test("fails when no program is named", () => {
  expect(bootstrap(">=20.19")).toMatchObject({
    status: 2,
    stderr: "bootstrap: no program named; e.g. node tools/setup/bootstrap.mjs tools/start/main.ts\n",
  });
});

const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
  scripts: Record<string, string>;
};
const programs = Object.entries(scripts).flatMap(([name, script]) => {
  const [, program] = /bootstrap\.mjs (\S+)/.exec(script) ?? [];
  return program === undefined ? [] : [{ name, program }];
});

test.each(programs)("npm run $name -- --help says what it does, with an example, and does nothing", ({ program }) => {
  const { status, stdout } = spawnSync("node", ["tools/setup/bootstrap.mjs", program, "--help"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  expect(status).toBe(0);
  expect(stdout).toMatch(/npm (run|start|test)/);
});

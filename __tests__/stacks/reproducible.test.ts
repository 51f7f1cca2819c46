import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** What a clone has that the program and the agent's build read. */
const SOURCES = ["main.ts", "stacks", "modules", "appliance-agent", "tools", "gwlb.yaml", "LICENSE"];
const SETTINGS = ["package.json", "package-lock.json", "tsconfig.json", "cdktf.json"];

let folder: string;
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "gwlb-synth-")));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Every file that synthesis writes in a copy of `original`, as text. */
function synthesizeIn(copy: string, original: string): ReadonlyMap<string, string> {
  mkdirSync(copy, { recursive: true });
  for (const name of [...SOURCES, ...SETTINGS]) cpSync(join(original, name), join(copy, name), { recursive: true });
  symlinkSync(resolve("node_modules"), join(copy, "node_modules"));
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", "main.ts"], {
    cwd: copy,
    encoding: "utf8",
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"] },
  });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "", stderr: "" });
  const out = join(copy, "cdktf.out");
  const files = readdirSync(out, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    files
      .map((file) => join(file.parentPath, file.name))
      .sort()
      .map((path) => [path.slice(out.length + 1), readFileSync(path, "latin1")]),
  );
}

test("two clones in different folders synthesize the same bytes, without a path of the machine in them", () => {
  const one = synthesizeIn(join(folder, "one"), ".");
  const other = synthesizeIn(join(folder, "deeper", "other"), join(folder, "one"));
  expect([...one.keys()]).toEqual(
    expect.arrayContaining([
      "manifest.json",
      "stacks/pass-through/cdk.tf.json",
      "stacks/squid-bastion/cdk.tf.json",
      "stacks/tc-filter/cdk.tf.json",
    ]),
  );
  expect([...other.keys()]).toEqual([...one.keys()]);
  for (const [name, text] of one) {
    expect([name, other.get(name) === text]).toEqual([name, true]);
    expect([name, text.includes(folder), text.includes(process.cwd())]).toEqual([name, false, false]);
  }
}, 120_000);

import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { copyExample } from "../../../tools/example/copy-example";
import { synthesizedProgram } from "../../../tools/offline-plan/synthesized-program";
import { EXAMPLE_NAMES, EXAMPLES } from "../../support/examples";

const ROOT = resolve(__dirname, "../../..");
let root = "";
const examples = () => join(root, "examples");

/** A repository whose examples may be changed. */
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "copy-example-"));
  cpSync(EXAMPLES, examples(), { recursive: true });
  for (const shared of ["node_modules", "modules", "stacks", "tools", "appliance-agent", "tsconfig.json"]) {
    symlinkSync(join(ROOT, shared), join(root, shared));
  }
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

const read = (...path: string[]): string => readFileSync(join(examples(), ...path), "utf8");
const statesAndStacks = (text: string): string[] =>
  [...text.matchAll(/(?:\bnew \w*Stack\(app, "|terraform\.)([\w-]+)(?:"|\.tfstate)/g)].map(([, name = ""]) => name);

test.each(EXAMPLE_NAMES)("a copy of %s shares no stack, state or command with it", (from) => {
  const { folder, commands } = copyExample(examples(), from, "mine");
  expect(folder).toBe(join(examples(), "mine"));
  expect(readdirSync(folder)).toEqual(readdirSync(join(examples(), from)));
  const program = existsSync(join(folder, "main.ts")) ? "main.ts" : "main.tf";
  const [ours, theirs] = [read("mine", program), read(from, program)].map(statesAndStacks);
  expect(ours).toEqual(theirs?.map((name) => name.replace(from, "mine")));
  expect(ours?.filter((name) => !/^mine(-|$)/.test(name))).toEqual([]);
  expect(program === "main.tf" || (ours?.length ?? 0) > 0).toBe(true);
  expect(commands.length).toBeGreaterThanOrEqual(2);
  expect(commands.find((line) => line.startsWith("npm run review"))).toContain("examples/mine ");
  expect(commands.join("\n")).toMatch(/^(npx cdktf deploy mine|cd examples\/mine$)/m);
  expect(commands.filter((line) => new RegExp(`${from}\\b|destroy`).test(line))).toEqual([]);
});

test.each([
  ["own-filter-rules", ["mine"]],
  ["cross-account", ["mine-service", "mine-workloads"]],
])(
  "a copy of %s synthesizes stacks of its own name",
  async (from, stacks) => {
    const { folder } = copyExample(examples(), from, "mine");
    const into = join(root, "out");
    mkdirSync(into);
    await synthesizedProgram(folder, into);
    expect(readdirSync(join(into, "stacks")).sort()).toEqual(expect.arrayContaining(stacks));
    expect(existsSync(join(into, "stacks", from))).toBe(false);
  },
  30_000,
);

test("modules and prose of the example's name stay", () => {
  copyExample(examples(), "pass-through", "mine");
  expect(read("mine", "main.ts")).toContain('from "../../stacks/pass-through"');
  copyExample(examples(), "tc-filter", "other");
  expect(read("other", "README.md")).toContain("$0.0553 an hour, as pass-through: the same machines");
});

test.each([
  ["no-such", "mine", /^example: no such example, got 'no-such'; copy one of create-hook, cross-account, /],
  ["../examples", "mine", /^example: no such example, got '\.\.\/examples'; copy one of /],
  [
    "tc-filter",
    "pass-through",
    /^example: the copy must be new, got 'pass-through', which exists; choose another name, or /,
  ],
  ...["Mine", "../mine", "a--b", "1a", "", "a".repeat(33)].map((name): [string, string, string] => [
    "tc-filter",
    name,
    `example: not a name, got '${name}'; write lower-case letters, digits and single hyphens, at most 32 of them, a letter first`,
  ]),
])("fails for %s as '%s', and leaves nothing", (from, name, message) => {
  const before = readdirSync(examples());
  expect(() => copyExample(examples(), from, name)).toThrow(message);
  expect(readdirSync(examples())).toEqual(before);
});

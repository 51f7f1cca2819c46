import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { check } from "../../../appliance-agent/src/commands/check";
import { CommandArguments } from "../../../appliance-agent/src/commands/command";
import { filter } from "../../../appliance-agent/src/rules/presets/filter";
import { recordingTerminal } from "./recording-terminal";

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), "check-"))));
afterEach(() => rmSync(directory, { recursive: true }));

async function checkText(text: string, ...flags: string[]) {
  const path = join(directory, "agent.json");
  writeFileSync(path, text);
  const terminal = recordingTerminal();
  const code = await check.run(new CommandArguments("check", check, [path, ...flags]), terminal);
  return { code, path, ...terminal };
}

const valid = filter({ geneveSources: ["10.2.0.0/24"] });

test("says what a valid configuration does", async () => {
  const { code, path, printed, complained } = await checkText(JSON.stringify(valid));
  expect([code, printed, complained]).toEqual([0, [`${path}: valid: hairpin mode, 1 rules, default forward`], []]);
});

test.each<[string, (good: Record<string, unknown>) => unknown, RegExp]>([
  ["a bad CIDR", (good) => ({ ...good, geneveSources: ["10.2.0.0/33"] }), /geneveSources.*10\.2\.0\.0\/33/],
  ["an unknown key", (good) => ({ ...good, rulez: [] }), /rulez/],
  ["another version", (good) => ({ ...good, version: 2 }), /version.*2/],
  [
    "port 70000",
    (good) => ({
      ...good,
      rules: [{ name: "a", match: { protocol: "tcp", destinationPorts: [70000] }, action: "drop" }],
    }),
    /destinationPorts.*70000/s,
  ],
  [
    "65,537 rules",
    (good) => ({
      ...good,
      rules: Array.from({ length: 65_537 }, (_, i) => ({ name: `r${i}`, match: {}, action: "drop" })),
    }),
    /rules.*65,?537/,
  ],
])("refuses %s with where, what and fix", async (_, damage, message) => {
  const { code, complained } = await checkText(JSON.stringify(damage({ ...valid })));
  expect(code).toBe(2);
  expect(complained.join("\n")).toMatch(message);
  for (const problem of complained) expect(problem).toMatch(/^\S+agent\.json.*: .*, got .*; .+/s);
});

test("refuses a syntax error with line and column", async () => {
  const { code, complained } = await checkText('{\n  "version": 1,\n}');
  expect(code).toBe(2);
  expect(complained[0]).toMatch(/agent\.json: not JSON at line 3, column 1/);
});

test("prints every problem as JSON for a script", async () => {
  const { code, printed, complained } = await checkText("{}", "--json");
  const result = JSON.parse(printed[0] ?? "") as { valid: boolean; problems: string[] };
  expect([code, result.valid, result.problems.length > 1, complained]).toEqual([2, false, true, []]);
});

test("warns of a rule that never decides", async () => {
  const rules = [
    { name: "all", match: {}, action: "forward" },
    { name: "never", match: { protocol: "tcp" }, action: "drop" },
  ];
  const { code, path, complained } = await checkText(JSON.stringify({ ...valid, rules }));
  expect(code).toBe(0);
  expect(complained).toEqual([
    `<yellow:${path} rules[1]: never decides, got 'never' behind 'all'; move it up or remove it>`,
  ]);
});

test("fails on a file that cannot be read, and on none", async () => {
  const terminal = recordingTerminal();
  expect(await check.run(new CommandArguments("check", check, ["/nonexistent"]), terminal)).toBe(2);
  expect(terminal.complained[0]).toMatch(/^\/nonexistent: ENOENT.*; name a file that can be read$/);
  await expect(check.run(new CommandArguments("check", check, []), terminal)).rejects.toThrow(
    "check: needs a file, got none; see 'gwlb-agent check --help'",
  );
});

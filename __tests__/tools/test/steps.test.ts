import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { STEPS } from "../../../tools/test/steps";

const ROOT = resolve(__dirname, "../../..");

/** Test files that a step runs. */
function filesOf(name: string): string[] {
  const [program = "", ...args] = STEPS.find((step) => step.name === name)?.command ?? [];
  const listed = execFileSync(program, [...args, "--listTests"], { cwd: ROOT, encoding: "utf8" });
  return listed.split("\n").filter(Boolean);
}

test("every test file is run by one step, and by the one that its name says", () => {
  const files = readdirSync(join(ROOT, "__tests__"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => join(ROOT, "__tests__", file));
  const [unit, netns, alone] = ["unit", "netns", "netns-alone"].map(filesOf) as [string[], string[], string[]];
  expect([...unit, ...netns, ...alone].sort()).toEqual(files.sort());
  expect(netns.filter((file) => !file.endsWith(".netns.test.ts"))).toEqual([]);
  expect(netns.filter((file) => file.endsWith(".alone.netns.test.ts"))).toEqual([]);
  expect(alone.filter((file) => !file.endsWith(".alone.netns.test.ts"))).toEqual([]);
  expect([unit, netns, alone].every((some) => some.length > 0)).toBe(true);
}, 30_000);

import { readFileSync } from "node:fs";
import { REFUSALS } from "../../../../tools/lab/gwlb/refusals";
import { afterCheck, INITIAL, matchesStatus, type TargetHealth } from "../../../../tools/lab/gwlb/target-health";

const check = {
  protocol: "HTTP",
  port: 8080,
  path: "/readyz",
  matcher: "200",
  intervalSeconds: 5,
  timeoutSeconds: 2,
  healthyThreshold: 3,
  unhealthyThreshold: 2,
} as const;

const after = (results: string): TargetHealth["state"] =>
  [...results].reduce((health, result) => afterCheck(health, result === "+", check), INITIAL).state;

test.each([
  ["", "initial"],
  ["++", "initial"],
  ["+++", "healthy"],
  ["++-++", "initial"],
  ["++-+++", "healthy"],
  ["-", "initial"],
  ["--", "unhealthy"],
  ["-+-", "initial"],
  ["+++-", "healthy"],
  ["+++-+-", "healthy"],
  ["+++--", "unhealthy"],
  ["--++", "unhealthy"],
  ["--++-++", "unhealthy"],
  ["--+++", "healthy"],
])("after checks '%s' a target is %s", (results, state) => {
  expect(after(results)).toBe(state);
});

test.each([
  ["200", 200, true],
  ["200", 204, false],
  ["200-399", 302, true],
  ["200-399", 503, false],
  ["200,204", 204, true],
])("matcher %s and status %i: %s", (matcher, status, matches) => {
  expect(matchesStatus(matcher, status)).toBe(matches);
});

test("C and TypeScript list the same refusals in the same order", () => {
  const source = readFileSync("tools/lab/gwlb/emulator.bpf.c", "utf8");
  const names = [...source.matchAll(/^\tREFUSED_(\w+),/gm)].map(([, name]) => name?.toLowerCase());
  expect(names).toEqual(REFUSALS);
});

import { readiness } from "../../../appliance-agent/src/health/readiness";

const holds = { name: "rules", ok: true, detail: "" };
const fails = { name: "sysctls", ok: false, detail: "x" };

test("is ready when every condition holds, and names those that do not", () => {
  expect(readiness([holds])).toEqual({ ready: true, failing: [], conditions: [holds] });
  expect(readiness([holds, fails])).toEqual({ ready: false, failing: ["sysctls"], conditions: [holds, fails] });
});

test("is not ready before anything has been looked at", () => {
  expect(readiness([]).ready).toBe(false);
});

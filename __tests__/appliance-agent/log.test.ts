import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLog } from "../../appliance-agent/src/log";
import { LogRepeatLimit } from "../../appliance-agent/src/log-repeat-limit";

test("writes a JSON object a line, before the call returns", () => {
  const directory = mkdtempSync(join(tmpdir(), "log-"));
  const log = openLog("info", join(directory, "log"));
  log.info({ endpoint: "e" }, "changed");
  log.debug("not this");
  log.error({ err: new Error("why") }, "failed");
  const lines = readFileSync(join(directory, "log"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as object);
  expect(lines).toEqual([
    { level: "info", time: expect.stringMatching(/^\d{4}-.*Z$/) as string, endpoint: "e", message: "changed" },
    expect.objectContaining({
      level: "error",
      message: "failed",
      err: expect.objectContaining({ message: "why" }) as object,
    }),
  ]);
  rmSync(directory, { recursive: true });
});

test("a message that repeats is left out after a burst, and counted before the next one that is written", () => {
  const directory = mkdtempSync(join(tmpdir(), "log-"));
  const log = openLog("info", join(directory, "log"));
  for (let i = 0; i < 50; i++) log.info({ i }, "flapping");
  log.info("another");
  const lines = readFileSync(join(directory, "log"), "utf8").trim().split("\n");
  expect(lines).toHaveLength(11);
  rmSync(directory, { recursive: true });
});

test("each text has a burst in every window", () => {
  const limit = new LogRepeatLimit({ burst: 2, windowMs: 1000 });
  expect([0, 1, 2, 3].map((now) => limit.admit("a", now))).toEqual([0, 0, undefined, undefined]);
  expect(limit.admit("b", 3)).toBe(0);
  expect(limit.admit("a", 1000)).toBe(2);
  expect(limit.admit("a", 3000)).toBe(0);
});

test("varying texts do not fill the memory: the oldest is forgotten", () => {
  const limit = new LogRepeatLimit({ burst: 1, windowMs: 1000 });
  limit.admit("first", 0);
  for (let i = 0; i < 1000; i++) limit.admit(`text ${i}`, 0);
  expect(limit.admit("first", 1)).toBe(0);
  expect(limit.admit("text 999", 1)).toBeUndefined();
});

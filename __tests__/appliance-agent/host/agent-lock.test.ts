import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isLocked, lockPins } from "../../../appliance-agent/src/host/agent-lock";

let pins: string;
beforeEach(() => (pins = join(mkdtempSync(join(tmpdir(), "lock-")), "agent")));
afterEach(() => rmSync(join(pins, ".."), { recursive: true }));

/** Another process; flock(1) uses the same lock. */
const takenByOther = () => {
  try {
    execFileSync("flock", ["--nonblock", pins, "true"]);
    return true;
  } catch {
    return false;
  }
};

test("only one agent has the pins, until it gives them up", () => {
  const lock = lockPins(pins);
  expect([takenByOther(), lockPins(pins), isLocked(pins)]).toEqual([false, undefined, true]);
  lock?.release();
  expect([takenByOther(), isLocked(pins)]).toEqual([true, false]);
});

test("asking whether an agent runs makes no directory", () => {
  expect(isLocked(pins)).toBe(false);
  expect(existsSync(pins)).toBe(false);
});

test("a directory that was removed and made again has a lock of its own", () => {
  const old = lockPins(pins);
  rmSync(pins, { recursive: true });
  const fresh = lockPins(pins);
  expect(fresh).toBeDefined();
  old?.release();
  expect(isLocked(pins)).toBe(true);
  fresh?.release();
});

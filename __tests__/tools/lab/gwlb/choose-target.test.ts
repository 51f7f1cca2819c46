import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import koffi from "koffi";
import { encodeTargets, FLOW_KEY_LENGTH, type TargetState } from "../../../../tools/lab/gwlb/emulator-maps";

const HEADER = resolve("tools/lab/gwlb/choose_target.h");
const FLOWS = 4000;
const FIRST_PORT = 32768;

/** Upper 0.1 % of the chi-squared distribution, by degrees of freedom. */
const CHI_SQUARED_LIMIT = [0, 10.83, 13.82, 16.27];

const noCompiler = spawnSync("clang", ["--version"]).status === 0 ? "" : " (skipped: no clang)";

let directory: string;
let choose: (key: Uint8Array, targets: Uint8Array) => number;

/** The very C of the emulator, compiled for this machine. */
beforeAll(() => {
  if (noCompiler) return;
  directory = mkdtempSync(join(tmpdir(), "choose-target-"));
  const library = join(directory, "choose.so");
  const source = `#include "${HEADER}"
    unsigned choose_for(const struct flow_key *key, const struct targets *targets) { return choose(targets, hash(key)); }`;
  const include = execFileSync("clang", ["-print-multiarch"], { encoding: "utf8" }).trim();
  const flags = ["-O2", "-shared", "-fPIC", "-Wno-unused", `-I/usr/include/${include}`, "-x", "c", "-", "-o", library];
  execFileSync("clang", flags, { input: source });
  choose = koffi.load(library).func("uint32_t choose_for(void *key, void *targets)") as typeof choose;
});

afterAll(() => {
  if (!noCompiler) rmSync(directory, { recursive: true, force: true });
});

/** Which target TCP connections from ports that follow each other go to, each as its last octet. */
function chosen(hosts: readonly number[], step: number, healthy = hosts, interfaceIndex = 7): number[] {
  const targets = encodeTargets(
    hosts.map((host): TargetState => ({
      ...{ name: String(host), address: `10.2.0.${String(host)}`, zone: "a", registered: true },
      health: { state: healthy.includes(host) ? "healthy" : "unhealthy", streak: 1 },
    })),
  );
  return Array.from({ length: FLOWS }, (_, index) => {
    const key = Buffer.alloc(FLOW_KEY_LENGTH);
    key.writeUInt32LE(interfaceIndex, 0);
    key.set([4, 6], 4);
    key.writeUInt16BE(FIRST_PORT + index * step, 6);
    key.writeUInt16BE(80, 8);
    key.set([10, 1, 0, 10], 12);
    key.set([198, 51, 100, 80], 28);
    const address = choose(key, targets);
    return address >>> 24; // the last octet of a big-endian address, read by a little-endian machine
  });
}

const cases = [
  [[4, 5], 1],
  [[4, 5], 2], // connect(2) of Linux takes every other port
  [[6, 7], 1],
  [[6, 7], 2],
  [[4, 5, 6], 1],
  [[4, 5, 6], 2],
  [[4, 5, 6, 7], 1],
  [[4, 5, 6, 7], 2],
  [[13, 14], 2],
] as const;

describe(`a new flow's target${noCompiler}`, () => {
  const testEach = noCompiler ? test.skip.each(cases) : test.each(cases);

  testEach("flows are spread evenly over targets %j when ports grow by %i", (hosts, step) => {
    const targets = chosen(hosts, step);
    const counts = hosts.map((host) => targets.filter((one) => one === host).length);
    const expected = FLOWS / hosts.length;
    const chiSquared = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(counts.reduce((sum, count) => sum + count)).toBe(FLOWS);
    expect(chiSquared).toBeLessThan(CHI_SQUARED_LIMIT[hosts.length - 1] ?? 0);
  });

  testEach("a few flows in a row to targets %j, ports growing by %i, do not all go to one", (hosts, step) => {
    let longest = 1;
    let run = 1;
    chosen(hosts, step).forEach((target, index, all) => {
      run = target === all[index - 1] ? run + 1 : 1;
      longest = Math.max(longest, run);
    });
    expect(longest).toBeLessThan(24);
  });

  (noCompiler ? test.skip : test)("a target that fails moves its own flows only, and spreads them", () => {
    const before = chosen([4, 5, 6, 7], 1);
    const after = chosen([4, 5, 6, 7], 1, [4, 6, 7]);
    before.forEach((target, index) => {
      if (target !== 5) expect(after[index]).toBe(target);
    });
    const moved = after.filter((_, index) => before[index] === 5);
    expect(moved).not.toContain(5);
    for (const host of [4, 6, 7]) {
      expect(moved.filter((one) => one === host).length).toBeGreaterThan(moved.length / 4);
    }
  });

  (noCompiler ? test.skip : test)("all targets are used when none is healthy", () => {
    expect(new Set(chosen([4, 5], 1, []))).toEqual(new Set([4, 5]));
  });
});

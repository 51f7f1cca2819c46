import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { compiledProgram } from "../end-to-end/compiled-program";
import { TEST_PACKAGES, missingPackages } from "../setup/system-packages";
import { guestScript, initScript, type GuestTests } from "./guest";
import { readGuestResult } from "./guest-result";
import { kernelImage, writeInitrd } from "./kernel-image";
import { PackageCache } from "./package-cache";
import { boot, libraryPath } from "./virtual-machine";

/** Debian's kernels: the series, and the meta-package that stands for the newest of it. */
const KERNELS = [
  { series: "6.1", metaPackage: "linux-image-amd64" },
  { series: "6.12", metaPackage: "linux-image-6.12-amd64" },
] as const;

/** What of the agent's own tests runs under every kernel: all objects load, are attached, the verdict tables, squidBastion's iptables, one end-to-end case. */
const TESTS: GuestTests = {
  files: [
    "__tests__/appliance-agent/ebpf/inbound.netns.test.ts",
    "__tests__/appliance-agent/rules/routed-mode.netns.test.ts",
    "__tests__/tools/kernels/end-to-end.netns.test.ts",
  ],
  names:
    "gives every packet its verdict|leaves the inner packet behind|the agent under this kernel|" +
    "iptables holds the lines|squidBastion in the kernel tracks",
};

/** What these tests start; compiled here, for the agent alone takes a guest fourteen seconds. */
const PROGRAMS = [
  "appliance-agent/src/main.ts",
  "tools/end-to-end/gwlb-child.ts",
  "__tests__/appliance-agent/datapath/life-cycle-child.ts",
];

/** Every guest must have passed this many, so that a renamed test cannot go missing. */
const LEAST_TESTS = 9;

/** Without KVM and beside other work; a guest that needs more than two minutes alone is a defect. */
const TIMEOUT_SECONDS = 600;

/** Of what the guest said, where a test failed. */
const SHOWN_LOG_LINES = 200;

const ROOT = resolve(__dirname, "../..");
const CACHE = join(ROOT, ".cache/kernels");

async function main(series: readonly string[]): Promise<boolean> {
  requirePrograms();
  mkdirSync(CACHE, { recursive: true });
  const cache = new PackageCache(CACHE);
  const tools = cache.unpacked("tools", () => ["qemu-system-x86", "seabios", "busybox-static", "kmod"], "with");
  const machines = KERNELS.filter((each) => series.length === 0 || series.includes(each.series)).map((kernel) => {
    const directory = cache.unpacked(kernel.series, () => [cache.dependencyOf(kernel.metaPackage)], "without");
    const image = kernelImage(directory, tools);
    const initrd = join(CACHE, `${kernel.series}.initrd`);
    const paths = {
      root: ROOT,
      node: process.execPath,
      modules: image.directory,
      release: image.release,
      kmod: join(tools, "bin/kmod"),
      libraries: libraryPath(tools),
      script: join(CACHE, `${kernel.series}.sh`),
    };
    writeFileSync(paths.script, guestScript(paths, TESTS));
    writeInitrd(initrd, image, tools, initScript(paths));
    return {
      qemu: tools,
      kernel: image.kernel,
      initrd,
      memoryMegabytes: 2048,
      timeoutSeconds: TIMEOUT_SECONDS,
    };
  });
  PROGRAMS.forEach(compiledProgram);
  // Side by side: each keeps one processor of this machine busy.
  const started = performance.now();
  const verdicts = machines.map(async (machine) => report(await boot(machine), (performance.now() - started) / 1000));
  return (await Promise.all(verdicts)).every((right) => right);
}

function report(guestConsole: string, seconds: number): boolean {
  const { release, passed, failed, log } = readGuestResult(guestConsole);
  const right = failed.length === 0 && passed.length >= LEAST_TESTS;
  const verdict = right ? "passed" : "FAILED";
  console.log(
    `Linux ${release}: ${verdict}, ${passed.length} passed, ${failed.length} failed, ${seconds.toFixed(0)} s`,
  );
  for (const test of passed) console.log(`  passed  ${test.name}, ${test.seconds.toFixed(0)} s`);
  for (const [name, reason] of failed) console.log(`  FAILED  ${name}\n${reason.replace(/^/gm, "          ")}`);
  if (!right) console.log(log.split("\n").slice(0, SHOWN_LOG_LINES).join("\n"));
  if (passed.length < LEAST_TESTS)
    console.log(`  ${passed.length} tests passed, of at least ${LEAST_TESTS}; see TESTS in tools/kernels/main.ts`);
  return right;
}

/** The guest has no more programs than this machine. */
function requirePrograms(): void {
  if (process.platform !== "linux" || process.arch !== "x64")
    throw new Error(`kernels: needs Linux on x64, got ${process.platform} on ${process.arch}; run it there, or in CI`);
  const names = ["ip", "tc", "ethtool", "ping", "curl", "iptables", "libbpf.so.1"];
  const missing = missingPackages(TEST_PACKAGES.filter(({ provides }) => names.includes(provides)));
  if (missing.length === 0) return;
  const programs = missing.map(({ provides }) => provides).join(", ");
  throw new Error(`kernels: needs ${programs}, got none; apt-get install ${missing.map(({ apt }) => apt).join(" ")}`);
}

main(process.argv.slice(2)).then(
  (right) => (process.exitCode = right ? 0 : 1),
  (error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  },
);

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describeAsRoot } from "../../support/namespaces";

jest.setTimeout(120_000);

const ROOT = join(__dirname, "../../..");
const FIXTURE = join(ROOT, "__tests__/fixtures/offline-plan/everything");

/** Runs a shell command in a network namespace with nothing but a loopback, and `directory` mounted read-only. */
function isolated(directory: string, command: string) {
  const setUp = 'ip link set lo up && mount --bind "$1" "$1" && mount -o remount,ro,bind "$1"';
  return spawnSync("unshare", ["--net", "--mount", "sh", "-c", `${setUp} && ${command}`, "sh", directory], {
    cwd: ROOT,
    encoding: "utf8",
  });
}

describeAsRoot("with no network and a read-only directory", () => {
  test("a directory with a remote back end, every provider and '../' sources is planned", () => {
    const { status, stdout, stderr } = isolated(
      FIXTURE,
      `${process.execPath} --import tsx tools/offline-plan/main.ts "$1/root" -var prefix=app --json`,
    );
    expect(stderr).not.toContain("Error");
    expect(status).toBe(0);
    expect((JSON.parse(stdout) as { resource_changes: unknown[] }).resource_changes).toHaveLength(14);
  });

  test("the isolation is real: nothing can be written, nothing be reached", () => {
    expect(isolated(FIXTURE, 'touch "$1/written"').stderr).toContain("Read-only file system");
    expect(isolated(FIXTURE, "ip -o route get 192.0.2.1").stderr).toContain("unreachable");
  });
});

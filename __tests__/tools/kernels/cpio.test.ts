import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeCpio } from "../../../tools/kernels/cpio";

const nul = "\x00";

test("a member is the header of the kernel's buffer format, its name, and its content, each padded to 4 bytes", () => {
  const archive = encodeCpio([{ path: "ab", mode: 0o644, content: Buffer.from("hello") }]).toString("latin1");
  const header = "070701" + "00000001" + "000081a4" + "00000000".repeat(2) + "00000001" + "00000000" + "00000005";
  const rest = "00000000".repeat(4) + "00000003" + "00000000";
  expect(archive.startsWith(`${header}${rest}ab${nul.repeat(4)}hello${nul.repeat(3)}070701`)).toBe(true);
  expect(archive).toMatch(/TRAILER!!!\0+$/);
});

test("cpio(1) unpacks what was encoded", () => {
  const directory = mkdtempSync(join(tmpdir(), "cpio-"));
  try {
    const content = Buffer.from(Array.from({ length: 1001 }, (_, at) => at & 255));
    const input = encodeCpio([
      { path: "d", mode: 0o755 },
      { path: "d/program", mode: 0o755, content },
      { path: "empty", mode: 0o600, content: Buffer.of() },
    ]);
    const { status, stderr } = spawnSync("cpio", ["-id", "--quiet"], { cwd: directory, input });
    expect([status, stderr.toString()]).toEqual([0, ""]);
    expect(readFileSync(join(directory, "d/program"))).toEqual(content);
    expect(statSync(join(directory, "d/program")).mode & 0o777).toBe(0o755);
    expect(statSync(join(directory, "empty")).size).toBe(0);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

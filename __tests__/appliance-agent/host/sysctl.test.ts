import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isReadOnlySysctl, readSysctl, sysctlPath, writeSysctl } from "../../../appliance-agent/src/host/sysctl";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "sysctl-"));
  mkdirSync(join(root, "net/ipv4"), { recursive: true });
  writeFileSync(join(root, "net/ipv4/tcp_rmem"), "4096\t131072\t6291456\n");
});
afterEach(() => rmSync(root, { recursive: true }));

test("finds a parameter where the kernel has it", () => {
  expect(sysctlPath("net.ipv4.conf.gwi-x.rp_filter")).toBe("/proc/sys/net/ipv4/conf/gwi-x/rp_filter");
  expect(readSysctl("net.core.somaxconn")).toMatch(/^\d+$/);
});

test("reads several numbers as one line, and nothing where there is no parameter", () => {
  expect(readSysctl("net.ipv4.tcp_rmem", root)).toBe("4096 131072 6291456");
  expect(readSysctl("net.ipv4.nonsense", root)).toBeUndefined();
});

test("writes a value, and never makes a file", () => {
  writeSysctl("net.ipv4.tcp_rmem", "1 2 3", root);
  expect(readFileSync(join(root, "net/ipv4/tcp_rmem"), "utf8")).toMatch(/^1 2 3/);
  expect(() => writeSysctl("net.ipv4.nonsense", "1", root)).toThrow(
    "sysctl net.ipv4.nonsense: cannot be set to '1', got ENOENT; check the name and the value, and that the process has CAP_NET_ADMIN",
  );
});

test("knows what cannot be written from what does not exist", () => {
  expect(isReadOnlySysctl("net.ipv4.tcp_rmem", root)).toBe(false);
  expect(isReadOnlySysctl("net.ipv4.nonsense", root)).toBe(false);
  /* Mode 0444: not even root may write a kernel parameter of it. */
  expect(isReadOnlySysctl("kernel.ostype")).toBe(true);
});

import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { squidConf } from "../../../appliance-agent/src/proxy-bridge/squid-conf";
import { squidLists } from "../../../appliance-agent/src/proxy-bridge/squid-lists";

const text = squidConf({ deniedDestinations: ["10.2.0.0/24"] });
const directives = text.split("\n").filter((line) => /^[a-z]/.test(line));

test("the only port is the bridge's, on loopback, and only loopback may tell of another client", () => {
  expect(directives.filter((line) => /^(http|https|ftp|icp|htcp|snmp)_port/.test(line))).toEqual([
    "http_port 127.0.0.1:3131 require-proxy-header",
  ]);
  expect(directives.filter((line) => line.startsWith("proxy_protocol_access"))).toEqual([
    "proxy_protocol_access allow bridge",
    "proxy_protocol_access deny all",
  ]);
});

test("no client reaches this host, link-local addresses with the metadata service, or the VPC", () => {
  const [, ...destinations] = /^acl never_reached dst (.*)$/m.exec(text)?.[1]?.split(" ") ?? [];
  expect(destinations).toEqual(
    expect.arrayContaining([
      "127.0.0.0/8",
      "169.254.0.0/16",
      "fd00:ec2::/32",
      "::1/128",
      "fe80::/10",
      "10.2.0.0/24",
      "64:ff9b::/96",
    ]),
  );
  const rules = directives.filter((line) => line.startsWith("http_access"));
  const first = (rule: string) => rules.indexOf(`http_access ${rule}`);
  expect(first("deny never_reached")).toBeGreaterThanOrEqual(0);
  expect(first("deny never_reached")).toBeLessThan(first("allow clients"));
  expect(rules.at(-1)).toBe("http_access deny all");
});

test("Squid's own parser takes it without an error or a warning but for an empty list", () => {
  const directory = mkdtempSync(join(tmpdir(), "squid-conf-"));
  try {
    chmodSync(directory, 0o755);
    const lists = squidLists({
      clientCidrs: ["10.1.0.0/24", "fd00:1::/64"],
      deniedDomains: [".a.example", "x.a.example", "b.example"],
      allowedDomains: undefined,
    });
    for (const [name, list] of Object.entries(lists)) writeFileSync(join(directory, name), list);
    const file = join(directory, "squid.conf");
    const at = { listDirectory: directory, logDirectory: directory, pidFile: join(directory, "pid") };
    const options = { dnsNameservers: ["127.0.0.1", "::1"], hostsFile: "/etc/hosts", visibleHostname: "squid.example" };
    writeFileSync(file, squidConf({ deniedDestinations: ["10.2.0.0/24", "fd00:2::/64"], ...at, ...options }));
    /* Squid says everything on standard error. */
    const said = execFileSync("sh", ["-c", 'exec squid -k parse -f "$0" 2>&1', file], { encoding: "utf8" });
    const complaints = said.split("\n").filter((line) => /warn|error|fatal|bungled/i.test(line));
    expect(complaints.map((line) => line.replace(/^.*\| /, ""))).toEqual([
      `Warning: empty ACL: acl allowed_domains dstdomain -n "${join(directory, "allowed-domains")}"`,
    ]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

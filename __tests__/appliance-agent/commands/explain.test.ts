import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CommandArguments } from "../../../appliance-agent/src/commands/command";
import { explain } from "../../../appliance-agent/src/commands/explain";
import { filter } from "../../../appliance-agent/src/rules/presets/filter";
import { squidBastion } from "../../../appliance-agent/src/rules/presets/squid-bastion";
import { recordingTerminal } from "./recording-terminal";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "explain-"));
  writeFileSync(join(directory, "configuration.json"), JSON.stringify(filter({ geneveSources: ["10.2.0.0/24"] })));
});
afterEach(() => rmSync(directory, { recursive: true }));

async function explained(...argv: string[]) {
  const terminal = recordingTerminal();
  const code = await explain.run(new CommandArguments("explain", explain, ["--run-dir", directory, ...argv]), terminal);
  return { code, ...terminal };
}

test("names the rule that drops a packet", async () => {
  expect(await explained("tcp", "10.1.0.5:40000", "203.0.113.5:80")).toMatchObject({
    code: 0,
    printed: ["<red:drop> by rule drop-http", "way: dropped and counted: 'gwlb-agent drops'"],
  });
});

test("says why a rule does not decide", async () => {
  expect((await explained("tcp", "[2001:db8::1]:40000", "[2001:db8::5]:443")).printed).toEqual([
    "<green:forward> by the default action: no rule matches",
    "way: returned to the load balancer where it arrived (tc)",
    "rules passed over:",
    "  drop-http: destinationPorts: 443 is not 80",
  ]);
});

test("says which way a packet goes in routed mode", async () => {
  const path = join(directory, "routed.json");
  const configuration = squidBastion({
    geneveSources: ["10.2.0.0/24"],
    clientCidrs: ["10.1.0.0/24"],
    bastionAddress: "10.2.0.20",
  });
  writeFileSync(path, JSON.stringify(configuration));
  expect((await explained("icmp", "10.1.0.5", "203.0.113.5", "--config", path)).printed[1]).toBe(
    "way: decapsulated to gwi-X, kernel routing, iptables, then gwo-X back to the load balancer",
  );
});

test("prints JSON for a script", async () => {
  const { printed } = await explained("udp", "10.1.0.5:1", "203.0.113.5:2", "--json");
  expect(JSON.parse(printed[0] ?? "")).toMatchObject({
    action: "forward",
    packet: { sourcePort: 1, destinationPort: 2 },
  });
});

test.each([
  [["tcp", "10.1.0.5:1"], "needs <protocol> <source> <destination>, got 2 arguments"],
  [["tcp", "10.1.0.5", "10.1.0.6:1"], "write <address>:<port>, IPv6 as [2001:db8::5]:443, got '10.1.0.5'"],
  [["tcp", "10.1.0.5:70000", "10.1.0.6:1"], "write <address>:<port>, IPv6 as [2001:db8::5]:443, got '10.1.0.5:70000'"],
  [["icmp", "10.1.0.5:1", "10.1.0.6"], "this protocol has no ports, got '10.1.0.5:1'"],
  [["sctp", "10.1.0.5", "10.1.0.6"], "a protocol is tcp, udp, icmp, icmpv6 or a number up to 255, got 'sctp'"],
  [
    ["tcp", "10.1.0.5:1", "[fd00::1]:1"],
    "5-tuple: two families, got 10.1.0.5 and fd00::1; write two addresses of one family",
  ],
  [["50", "10.1.0.5", "10.1.0.6", "--endpoint", "1"], "--endpoint must be 16 hexadecimal digits, got '1'"],
])("fails on %j", async (argv, message) => {
  await expect(explained(...argv)).rejects.toThrow(`explain: ${message}; see 'gwlb-agent explain --help'`);
});

test("fails with the remedy where no agent has a configuration in force", async () => {
  rmSync(join(directory, "configuration.json"));
  await expect(explained("tcp", "10.1.0.5:1", "10.1.0.6:2")).rejects.toThrow(
    `explain: no configuration, got no file ${directory}/configuration.json; start 'gwlb-agent run', or name a file with --config`,
  );
});

import { assignSlots } from "../../../appliance-agent/src/rules/endpoint-slot";
import { desiredIptables, iptablesRestoreInput, ownIptablesLines } from "../../../appliance-agent/src/rules/iptables";
import {
  parsePolicyRouting,
  policyRouting,
  policyRoutingCommands,
  slotsInUse,
} from "../../../appliance-agent/src/rules/policy-routing";

const endpoints = [{ ingress: "gwi-A", egress: "gwo-A", slot: 1 }];
const lines = ["*filter", ":GWLB-FORWARD - [0:0]", "-A GWLB-FORWARD -j ACCEPT", "COMMIT"];

test("nothing is wanted of iptables without lines: connection tracking costs every packet something", () => {
  expect(iptablesRestoreInput(desiredIptables([], endpoints), "")).toBe("");
  expect(iptablesRestoreInput(desiredIptables(lines, endpoints), "")).not.toBe("");
});

test("chains are made, entered and filled, with a mark for each endpoint", () => {
  expect(iptablesRestoreInput(desiredIptables(lines, endpoints), "")).toBe(`*nat
:GWLB-PREROUTING - [0:0]
-I PREROUTING 1 -j GWLB-PREROUTING
-A GWLB-PREROUTING -j CONNMARK --save-mark --nfmask 0xffff0000 --ctmask 0xffff0000
COMMIT
*mangle
:GWLB-ENDPOINTS - [0:0]
:GWLB-MARTIANS - [0:0]
-I INPUT 1 -j GWLB-MARTIANS
-I OUTPUT 1 -m mark --mark 0x0/0xffff0000 -j GWLB-ENDPOINTS
-I PREROUTING 1 -m mark --mark 0x0/0xffff0000 -j GWLB-ENDPOINTS
-A GWLB-ENDPOINTS -i gwi-A -j MARK --set-xmark 0x10000/0xffff0000
-A GWLB-ENDPOINTS ! -i gwi-+ -j CONNMARK --restore-mark --nfmask 0xffff0000 --ctmask 0xffff0000
-A GWLB-MARTIANS -i gwi-+ -m addrtype --src-type LOCAL -j DROP
COMMIT
*filter
:GWLB-FORWARD - [0:0]
-I FORWARD 1 -j GWLB-FORWARD
-A GWLB-FORWARD -j ACCEPT
COMMIT
`);
});

test("a connection has its mark before a line of table nat translates it", () => {
  const dnat = "-p tcp -j DNAT --to-destination 10.2.0.20";
  const nat = ["*nat", ":GWLB-PREROUTING - [0:0]", `-A GWLB-PREROUTING ${dnat}`, "COMMIT"];
  const save = "-j CONNMARK --save-mark --nfmask 0xffff0000 --ctmask 0xffff0000";
  expect(desiredIptables(nat, endpoints).get("nat")?.get("GWLB-PREROUTING")).toEqual([save, dnat]);
});

test("nothing is marked where the agent routes for no endpoint: a create hook may use marks of its own", () => {
  const tables = desiredIptables(lines, []);
  expect([...tables.keys()]).toEqual(["filter", "mangle"]);
  expect([...(tables.get("mangle")?.keys() ?? [])]).toEqual(["GWLB-MARTIANS"]);
});

const saved = `# a comment
*filter
:INPUT ACCEPT [7:8]
:GWLB-FORWARD - [1:2]
:GWLB-OLD - [0:0]
-A INPUT -j OTHERS
-A FORWARD -j GWLB-FORWARD
-A FORWARD -j GWLB-FORWARD
-A OTHERS -p tcp -m comment --comment "a -j GWLB-OLD" -j RETURN
-A OTHERS -p tcp -g GWLB-OLD
-A GWLB-FORWARD -j GWLB-OLD
COMMIT
`;

test("what is ours and not wanted goes, an entry that somebody made too; one that is there stays", () => {
  expect(iptablesRestoreInput(new Map([["filter", new Map([["GWLB-FORWARD", ["-j ACCEPT"]]])]]), saved)).toBe(`*filter
:GWLB-FORWARD - [0:0]
:GWLB-OLD - [0:0]
-D FORWARD -j GWLB-FORWARD
-D OTHERS -p tcp -g GWLB-OLD
-A GWLB-FORWARD -j ACCEPT
-X GWLB-OLD
COMMIT
`);
});

test("our part of what is saved has no counters and nothing of others", () => {
  expect(ownIptablesLines(saved)).toEqual([
    "*filter",
    ":GWLB-FORWARD -",
    ":GWLB-OLD -",
    "-A FORWARD -j GWLB-FORWARD",
    "-A FORWARD -j GWLB-FORWARD",
    "-A OTHERS -p tcp -g GWLB-OLD",
    "-A GWLB-FORWARD -j GWLB-OLD",
  ]);
  expect(ownIptablesLines("*nat\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n")).toEqual([]);
});

describe("policy routing", () => {
  const desired = policyRouting("ipv4", endpoints, ["10.2.0.20/32", "fd02::20/128"]);

  test("is a table and two rules for each endpoint, and one for each destination of the family", () => {
    expect(desired).toEqual({
      rules: [
        "pref 110 to 10.2.0.20/32 lookup main protocol 81",
        "pref 111 iif gwi-A lookup 60810001 protocol 81",
        "pref 112 fwmark 0x10000/0xffff0000 lookup 60810001 protocol 81",
      ],
      routes: [
        "blackhole default metric 4294967295 table 60810001 protocol 81",
        "default dev gwo-A metric 1024 table 60810001 protocol 81",
      ],
    });
  });

  test("routes come before the rules that point to them, and go after; only what differs changes", () => {
    const nothing = { rules: [], routes: [] };
    const verbs = (commands: string[][]) => commands.map((command) => command.slice(0, 3).join(" "));
    expect(verbs(policyRoutingCommands("ipv4", desired, nothing))).toEqual([
      ...["-4 route replace", "-4 route replace", "-4 rule add", "-4 rule add", "-4 rule add"],
    ]);
    expect(verbs(policyRoutingCommands("ipv4", nothing, desired))).toEqual([
      ...["-4 rule del", "-4 rule del", "-4 rule del", "-4 route del", "-4 route del"],
    ]);
    expect(policyRoutingCommands("ipv4", desired, desired)).toEqual([]);
    const observed = { ...desired, routes: desired.routes.slice(0, 1) };
    expect(policyRoutingCommands("ipv6", desired, observed)).toEqual([
      ["-6", "route", "replace", ..."default dev gwo-A metric 1024 table 60810001 protocol 81".split(" ")],
    ]);
  });

  test("rules and routes of others are not seen", () => {
    const rules = JSON.stringify([
      { priority: 0, src: "all", table: "local" },
      { priority: 111, src: "all", iif: "gwi-A", table: "60810001", protocol: "81" },
    ]);
    const observed = parsePolicyRouting("ipv4", rules, "");
    expect(observed).toEqual({ rules: ["pref 111 iif gwi-A lookup 60810001 protocol 81"], routes: [] });
    expect([...slotsInUse(observed)]).toEqual([["gwi-A", 1]]);
  });
});

describe("slots", () => {
  test("stay while the endpoint does, and the lowest free one is given", () => {
    const taken = new Map([
      ["gwi-A", 1],
      ["gwi-B", 3],
      ["gwi-C", 2],
    ]);
    expect([...assignSlots(taken, ["gwi-B", "gwi-D", "gwi-A"])]).toEqual([
      ["gwi-B", 3],
      ["gwi-A", 1],
      ["gwi-D", 2],
    ]);
  });

  test("fails when there are none left", () => {
    const many = Array.from({ length: 65_536 }, (_, i) => `gwi-${String(i)}`);
    expect(() => assignSlots(new Map(), many)).toThrow("endpoint slots: all taken, got 65536 endpoints; at most 65535");
  });
});

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Family } from "../../../appliance-agent/src/rules/cidr";
import { EndpointSlot } from "../../../appliance-agent/src/rules/endpoint-slot";
import {
  desiredIptables,
  iptablesRestoreInput,
  IptablesTables,
  ownIptablesLines,
} from "../../../appliance-agent/src/rules/iptables";
import {
  PolicyRouting,
  parsePolicyRouting,
  policyRouting,
  policyRoutingCommands,
} from "../../../appliance-agent/src/rules/policy-routing";
import { squidBastion } from "../../../appliance-agent/src/rules/presets/squid-bastion";
import { LinkEnd, Namespaces, describeAsRoot, eventually, withNamespaces } from "../../support/namespaces";

jest.setTimeout(60_000);

const FAMILIES: readonly Family[] = ["ipv4", "ipv6"];
const SAVE = { ipv4: "iptables-save", ipv6: "ip6tables-save" } as const;
const RESTORE = { ipv4: "iptables-restore", ipv6: "ip6tables-restore" } as const;

const single = {
  geneveSources: ["10.2.0.0/28"],
  clientCidrs: ["10.1.0.0/24", "fd01::/64"],
  bastionAddress: "10.2.0.20",
};
const dual = { ...single, bastionIpv6Address: "fd02::20" };
const endpoints: readonly EndpointSlot[] = ["A", "B"].map((name, index) => ({
  ingress: `gwi-${name}`,
  egress: `gwo-${name}`,
  slot: index + 1,
}));

/** `iptables-save` without what changes by itself: the time in comments, and counters. */
function saved(namespaces: Namespaces, family: Family): string {
  return namespaces
    .exec("appliance", SAVE[family])
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .map((line) => line.replace(/\[\d+:\d+\]/, "[0:0]"))
    .join("\n");
}

function restore(namespaces: Namespaces, family: Family, desired: IptablesTables): void {
  const file = join(namespaces.directory, "restore");
  writeFileSync(file, iptablesRestoreInput(desired, saved(namespaces, family)));
  namespaces.exec("appliance", RESTORE[family], "--noflush", "--test", file);
  namespaces.exec("appliance", RESTORE[family], "--noflush", file);
}

function observed(namespaces: Namespaces, family: Family): PolicyRouting {
  const ip = (...words: string[]) =>
    namespaces.exec("appliance", "ip", "-json", family === "ipv4" ? "-4" : "-6", ...words);
  return parsePolicyRouting(family, ip("rule", "show"), ip("route", "show", "table", "all", "protocol", "81"));
}

function route(namespaces: Namespaces, family: Family, desired: PolicyRouting): string[][] {
  const commands = policyRoutingCommands(family, desired, observed(namespaces, family));
  for (const command of commands) namespaces.exec("appliance", "ip", ...command);
  return commands;
}

describeAsRoot("iptables", () => {
  test("holds the lines as they are written, twice the same, and is as before when they are gone", async () => {
    await withNamespaces({ hosts: ["appliance"] }, (namespaces) => {
      for (const family of FAMILIES) {
        const iptables = family === "ipv4" ? "iptables" : "ip6tables";
        namespaces.exec("appliance", iptables, "-A", "FORWARD", "-p", "sctp", "-j", "DROP");
        namespaces.exec("appliance", iptables, "-t", "mangle", "-N", "OTHERS");
        namespaces.exec("appliance", iptables, "-t", "mangle", "-A", "PREROUTING", "-j", "OTHERS");
        // A table that was never used does not show, and iptables cannot take it away again.
        for (const table of ["raw", "nat"]) {
          namespaces.exec("appliance", iptables, "-t", table, "-A", "PREROUTING", "-p", "sctp", "-j", "ACCEPT");
        }
        const before = saved(namespaces, family);
        for (const input of [single, dual]) {
          const lines = squidBastion(input).iptables[family];
          restore(namespaces, family, desiredIptables(lines, endpoints));
          const once = saved(namespaces, family);
          for (const line of lines.filter((its) => its.startsWith("-A"))) expect(once.split("\n")).toContain(line);
          expect(once).toContain(
            "-A PREROUTING -m mark --mark 0x0/0xffff0000 -j GWLB-ENDPOINTS\n-A PREROUTING -j OTHERS",
          );
          expect(once).toContain("-A FORWARD -j GWLB-FORWARD\n-A FORWARD -p sctp -j DROP");
          restore(namespaces, family, desiredIptables(lines, endpoints));
          expect(saved(namespaces, family)).toBe(once);
          expect(ownIptablesLines(once).join()).not.toContain("OTHERS");
        }
        restore(namespaces, family, new Map());
        expect(saved(namespaces, family)).toBe(before);
      }
    });
  });

  test("loses chains that are no longer wanted, and a second entry that somebody made", async () => {
    await withNamespaces({ hosts: ["appliance"] }, (namespaces) => {
      const filter = (...rules: string[]) => desiredIptables(["*filter", ...rules, "COMMIT"], []);
      const web = filter(":GWLB-FORWARD - [0:0]", ":GWLB-WEB - [0:0]", "-A GWLB-FORWARD -p tcp -j GWLB-WEB");
      restore(namespaces, "ipv4", web);
      const settled = ownIptablesLines(saved(namespaces, "ipv4"));
      namespaces.exec("appliance", "iptables", "-A", "FORWARD", "-j", "GWLB-FORWARD");
      namespaces.exec("appliance", "iptables", "-F", "GWLB-WEB");
      expect(ownIptablesLines(saved(namespaces, "ipv4"))).not.toEqual(settled);
      restore(namespaces, "ipv4", web);
      expect(ownIptablesLines(saved(namespaces, "ipv4"))).toEqual(settled);
      restore(namespaces, "ipv4", filter(":GWLB-INPUT - [0:0]", "-A GWLB-INPUT -i gwi-+ -j DROP"));
      const now = saved(namespaces, "ipv4");
      expect(now).toContain("-A INPUT -j GWLB-INPUT");
      expect(now).not.toMatch(/GWLB-(WEB|FORWARD)/);
    });
  });
});

/** Two ends with the same MAC address and no ARP: what the routing says goes through, as over a TUN device. */
function pointToPoint(host: string, name: string, peer: string): readonly [LinkEnd, LinkEnd] {
  const mac = "02:00:00:00:00:01";
  return [
    { host: "appliance", name, mtu: 8500, mac },
    { host, name: peer, mtu: 9001, mac },
  ];
}

/**
 * ```text
 * client-a (10.1.0.5) -> gwi-A | appliance | gwo-A -> client-a, which stands for the load balancer too
 * client-b (10.1.0.6) -> gwi-B | appliance | gwo-B -> client-b
 *                                appliance 10.2.0.10 - eth0 - 10.2.0.20 bastion
 * ```
 */
const plan = {
  hosts: ["client-a", "client-b", "appliance", "bastion"],
  links: [
    pointToPoint("client-a", "gwi-A", "out"),
    pointToPoint("client-a", "gwo-A", "back"),
    pointToPoint("client-b", "gwi-B", "out"),
    pointToPoint("client-b", "gwo-B", "back"),
    [
      { host: "appliance", name: "eth0", addresses: ["10.2.0.10/24", "fd02::10/64"], mtu: 9001 },
      { host: "bastion", name: "eth0", addresses: ["10.2.0.20/24", "fd02::20/64"], mtu: 9001 },
    ] as const,
  ],
};

/** Prints what came in, and answers on every connection with the peer's address, the MSS, and 100 kB. */
const BRIDGE = `
  const { createServer } = require("node:net");
  for (const port of [3180, 3443, 22]) createServer((socket) => {
    socket.on("error", () => {});
    socket.end(port + " " + socket.remoteAddress + "\\n" + "x".repeat(100000));
  }).listen(port, "::");
`;

/** Connects, and prints the first line of a whole answer, or the error. */
const CONNECT = `
  const [, host, port, localAddress] = process.argv;
  const socket = require("node:net").connect({ host, port: Number(port), localAddress });
  let text = "";
  socket.setTimeout(700, () => { console.log("timeout"); process.exit(); });
  socket.on("data", (bytes) => { text += bytes; });
  socket.on("end", () => console.log(text.length > 100000 ? text.split("\\n")[0] : "cut short"));
  socket.on("error", (error) => { console.log(error.code); });
`;

/** Connects, and says that a packet of the other side was too big; the one it quotes is not in flight. */
const TOO_BIG = `
import socket, sys
from scapy.all import *
server = sys.argv[1]
with socket.create_connection((server, 443)) as connection:
    client, port = connection.getsockname()[:2]
    tcp = TCP(sport=443, dport=port)
    if ":" in server:
        family, protocol = socket.AF_INET6, socket.IPPROTO_ICMPV6
        error = ICMPv6PacketTooBig(mtu=1400) / IPv6(src=server, dst=client) / tcp
    else:
        family, protocol = socket.AF_INET, socket.IPPROTO_ICMP
        error = ICMP(type=3, code=4, nexthopmtu=1400) / IP(src=server, dst=client) / tcp
    socket.socket(family, socket.SOCK_RAW, protocol).sendto(bytes(error), (server, 0))
`;

/** Connects from a port that is known; keeps the connection, or gives up soon. */
const FROM_PORT_40000 = `
import socket, sys, time
server, client, seconds = sys.argv[1:]
try:
    connection = socket.create_connection((server, 443), timeout=0.3, source_address=(client, 40000))
    time.sleep(float(seconds))
except TimeoutError:
    pass
`;

/** ICMP errors whose quoted packet is of a socket here, but of none of its bytes in flight. */
const matchedErrors = (namespaces: Namespaces, host: string): number =>
  Number(/OutOfWindowIcmps\s+(\d+)/.exec(namespaces.exec(host, "nstat", "-asz", "TcpExtOutOfWindowIcmps"))?.[1]);

const wantedRouting = (family: Family): PolicyRouting =>
  policyRouting(family, endpoints, squidBastion(dual).underlayDestinations);

function prepare(namespaces: Namespaces, input: typeof single): void {
  const run = namespaces.exec.bind(namespaces);
  const { sysctls, iptables } = squidBastion(input);
  for (const [host, own] of [
    ["client-a", "5"],
    ["client-b", "6"],
  ] as const) {
    for (const name of ["out", "back"]) run(host, "ip", "link", "set", name, "arp", "off");
    run(host, "sysctl", "-qw", "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.back.rp_filter=0");
    for (const [flag, address, ...usableAtOnce] of [
      ["-4", `10.1.0.${own}/32`],
      ["-6", `fd01::${own}/128`, "nodad"],
    ] as const) {
      run(host, "ip", flag, "address", "add", address, "dev", "lo", ...usableAtOnce);
      run(host, "ip", flag, "route", "add", "default", "dev", "out", "src", address.split("/")[0] ?? "");
    }
  }
  run("bastion", "ip", "route", "add", "10.1.0.0/24", "via", "10.2.0.10");
  run("bastion", "ip", "route", "add", "fd01::/64", "via", "fd02::10");
  for (const [key, value] of Object.entries(sysctls)) run("appliance", "sysctl", "-qw", `${key}=${value}`);
  for (const { ingress, egress } of endpoints) {
    for (const device of [ingress, egress]) {
      run("appliance", "ip", "link", "set", device, "arp", "off");
      run("appliance", "sysctl", "-qw", `net.ipv4.conf.${device}.rp_filter=0`);
    }
  }
  for (const family of FAMILIES) {
    restore(namespaces, family, desiredIptables(iptables[family], endpoints));
    expect(route(namespaces, family, wantedRouting(family))).not.toEqual([]);
    expect(route(namespaces, family, wantedRouting(family))).toEqual([]);
  }
}

async function bridge(namespaces: Namespaces): Promise<void> {
  // Neighbours are asked for from a link-local address, which is not used before it is known to be unique.
  for (const host of ["appliance", "bastion"]) {
    await eventually(`addresses of ${host}`, () =>
      namespaces.exec(host, "ip", "-6", "address", "show", "tentative").trim() === "" ? true : undefined,
    );
  }
  namespaces.spawn("bastion", [process.execPath, "-e", BRIDGE]);
  await eventually("the bridge listens", () =>
    namespaces.exec("bastion", "ss", "-Hltn").includes(":3443") ? true : undefined,
  );
}

const connect = (namespaces: Namespaces, host: string, address: string, port: number, source?: string): string =>
  namespaces
    .exec(host, process.execPath, "-e", CONNECT, address, String(port), ...(source === undefined ? [] : [source]))
    .trim();

/** Packets that left by a device. */
const sent = (namespaces: Namespaces, device: string): number =>
  Number(namespaces.exec("appliance", "cat", `/sys/class/net/${device}/statistics/tx_packets`));

describeAsRoot("the agent's chains in the kernel", () => {
  test("what pretends to come from the appliance reaches no socket of it", async () => {
    await withNamespaces(plan, (namespaces) => {
      prepare(namespaces, dual);
      const run = namespaces.exec.bind(namespaces);
      for (const host of ["client-a", "appliance"]) run(host, "ip", "address", "add", "10.9.9.9/32", "dev", "lo");
      run("appliance", "sysctl", "-qw", "net.ipv4.conf.gwi-A.accept_local=1");
      const delivered = (chains: IptablesTables): number => {
        restore(namespaces, "ipv4", chains);
        const noPorts = () => Number(/UdpNoPorts\s+(\d+)/.exec(run("appliance", "nstat", "-asz", "UdpNoPorts"))?.[1]);
        const before = noPorts();
        const send = `
          const socket = require("node:dgram").createSocket("udp4");
          socket.bind(0, "10.9.9.9", () => socket.send("x", 9, "10.2.0.10", () => socket.close()));
        `;
        run("client-a", process.execPath, "-e", send);
        return noPorts() - before;
      };
      expect(delivered(new Map())).toBe(1);
      const forwarding = ["*filter", ":GWLB-FORWARD - [0:0]", "-A GWLB-FORWARD -j ACCEPT", "COMMIT"];
      expect(delivered(desiredIptables(forwarding, endpoints))).toBe(0);
    });
  });
});

describeAsRoot("squidBastion in the kernel", () => {
  test("answers of the bastion go back to the endpoint that the client's packets came from", async () => {
    await withNamespaces(plan, async (namespaces) => {
      prepare(namespaces, dual);
      await bridge(namespaces);
      for (const [host, own, other, last] of [
        ["client-a", "gwo-A", "gwo-B", "5"],
        ["client-b", "gwo-B", "gwo-A", "6"],
      ] as const) {
        const [ownBefore, otherBefore] = [sent(namespaces, own), sent(namespaces, other)];
        expect(connect(namespaces, host, "198.51.100.7", 80)).toBe(`3180 ::ffff:10.1.0.${last}`);
        expect(connect(namespaces, host, "198.51.100.7", 443)).toBe(`3443 ::ffff:10.1.0.${last}`);
        expect(connect(namespaces, host, "2001:db8::7", 443)).toBe(`3443 fd01::${last}`);
        expect(sent(namespaces, own)).toBeGreaterThan(ownBefore + 9);
        // Router solicitations of IPv6 may leave by any device.
        expect(sent(namespaces, other)).toBeLessThan(otherBefore + 5);
      }
    });
  });

  test("a connection whose packets come by another endpoint from now on is answered there", async () => {
    await withNamespaces(plan, async (namespaces) => {
      prepare(namespaces, dual);
      await bridge(namespaces);
      const answered = (flag: string) => namespaces.exec("client-a", "ss", "-Htn", flag, "sport = 40000");
      for (const [flag, client, server, ...usableAtOnce] of [
        ["-4", "10.1.0.5", "198.51.100.7"],
        ["-6", "fd01::5", "2001:db8::7", "nodad"],
      ] as const) {
        const script = ["/usr/bin/python3", "-c", FROM_PORT_40000, server, client];
        namespaces.spawn("client-a", [...script, "60"]);
        /* All is there, and nothing more will be said. */
        await eventually("the whole answer", () => (/^CLOSE-WAIT/m.test(answered(flag)) ? true : undefined));
        namespaces.exec("client-b", "ip", flag, "address", "add", client, "dev", "lo", ...usableAtOnce);
        const [there, before] = [sent(namespaces, "gwo-B"), sent(namespaces, "gwo-A")];
        namespaces.exec("client-b", ...script, "0");
        expect(sent(namespaces, "gwo-B")).toBeGreaterThan(there);
        expect(sent(namespaces, "gwo-A")).toBeLessThan(before + 2);
      }
    });
  });

  test("a client reaches nothing else of the underlay, nor the appliance", async () => {
    await withNamespaces(plan, async (namespaces) => {
      prepare(namespaces, dual);
      await bridge(namespaces);
      namespaces.spawn("appliance", [process.execPath, "-e", BRIDGE]);
      await eventually("the appliance listens", () =>
        namespaces.exec("appliance", "ss", "-Hltn").includes(":22 ") ? true : undefined,
      );
      expect(connect(namespaces, "bastion", "10.2.0.10", 22)).toContain("22 ::ffff:10.2.0.20");
      for (const [address, port] of [
        ["10.2.0.20", 22],
        ["10.2.0.20", 3180],
        ["fd02::20", 22],
        ["10.2.0.10", 22],
        ["fd02::10", 22],
      ] as const) {
        expect([address, port, connect(namespaces, "client-a", address, port)]).toEqual([address, port, "timeout"]);
      }
      // Without the rule the appliance's answers would get lost all the same, but the requests would have come in.
      for (const save of Object.values(SAVE)) {
        expect(namespaces.exec("appliance", save, "-c")).toMatch(/^\[[1-9]\d*:\d+\] -A GWLB-INPUT -i gwi-\+ -j DROP$/m);
      }
    });
  });

  test("a bastion without IPv6 lets no HTTPS over IPv6 pass: the client sees a reset", async () => {
    await withNamespaces(plan, async (namespaces) => {
      prepare(namespaces, single);
      await bridge(namespaces);
      expect(connect(namespaces, "client-a", "198.51.100.7", 443)).toContain("3443 ");
      expect(connect(namespaces, "client-a", "2001:db8::7", 443)).toBe("ECONNREFUSED");
      expect(connect(namespaces, "client-b", "2001:db8::7", 80)).toBe("ECONNREFUSED");
    });
  });

  test("tracks what is redirected, and nothing that only passes", async () => {
    await withNamespaces(plan, async (namespaces) => {
      prepare(namespaces, dual);
      await bridge(namespaces);
      const tracked = (): number =>
        Number(namespaces.exec("appliance", "cat", "/proc/sys/net/netfilter/nf_conntrack_count"));
      namespaces.exec("client-b", "ip", "address", "add", "10.9.0.6/32", "dev", "lo");
      const before = tracked();
      for (const [address, port, source] of [
        ["198.51.100.7", 25, undefined],
        ["2001:db8::7", 25, undefined],
        ["10.1.0.5", 443, "10.9.0.6"], // Somebody's request to a client's own server.
      ] as const) {
        const passed = sent(namespaces, "gwo-B");
        expect(connect(namespaces, "client-b", address, port, source)).toBe("timeout");
        expect(sent(namespaces, "gwo-B")).toBeGreaterThan(passed);
      }
      const datagrams = ["198.51.100.7", "2001:db8::7"].map((server) => `echo x >/dev/udp/${server}/53`);
      const pings = ["198.51.100.7", "2001:db8::7"].map((server) => `! ping -qnc1 -W0.1 ${server}`);
      const passed = sent(namespaces, "gwo-B");
      namespaces.exec("client-b", "bash", "-c", [...datagrams, ...pings].join("; "));
      expect(sent(namespaces, "gwo-B")).toBeGreaterThanOrEqual(passed + datagrams.length + pings.length);
      expect(tracked()).toBe(before);
      expect(connect(namespaces, "client-b", "198.51.100.7", 80)).toContain("3180 ");
      expect(connect(namespaces, "client-b", "2001:db8::7", 443)).toContain("3443 ");
      expect(tracked()).toBeGreaterThan(before);
    });
  });

  test("an ICMP error of a client about a redirected connection reaches the bastion's end of it", async () => {
    await withNamespaces(plan, async (namespaces) => {
      prepare(namespaces, dual);
      await bridge(namespaces);
      for (const address of ["198.51.100.7", "2001:db8::7"]) {
        const before = matchedErrors(namespaces, "bastion");
        namespaces.exec("client-a", "/usr/bin/python3", "-c", TOO_BIG, address);
        expect(matchedErrors(namespaces, "bastion")).toBe(before + 1);
      }
    });
  });

  test("the rest leaves by the endpoint's gwo, and by nothing while that is missing", async () => {
    await withNamespaces(plan, (namespaces) => {
      prepare(namespaces, dual);
      const before = sent(namespaces, "gwo-A");
      expect(connect(namespaces, "client-a", "198.51.100.7", 25)).toBe("timeout");
      expect(sent(namespaces, "gwo-A")).toBeGreaterThan(before);
      for (const [flag, gateway, client, server] of [
        ["-4", "10.2.0.20", "10.1.0.6", "198.51.100.7"],
        ["-6", "fd02::20", "fd01::6", "2001:db8::7"],
      ] as const) {
        namespaces.exec("appliance", "ip", flag, "route", "add", "default", "via", gateway);
        const way = (ingress: string) =>
          namespaces.exec("appliance", "ip", flag, "route", "get", server, "from", client, "iif", ingress);
        expect(way("gwi-B")).toContain("dev gwo-B");
        namespaces.exec("appliance", "ip", "link", "set", "gwo-B", "down");
        expect(() => way("gwi-B")).toThrow(/Invalid argument|blackhole/);
        expect(way("eth0")).toContain("dev eth0");
        namespaces.exec("appliance", "ip", "link", "set", "gwo-B", "up");
        // The kernel forgets the routes of a device that goes down, the agent does not.
        for (const family of FAMILIES) route(namespaces, family, wantedRouting(family));
        expect(way("gwi-B")).toContain("dev gwo-B");
      }
    });
  });

  test("policy routing leaves nothing behind", async () => {
    await withNamespaces(plan, (namespaces) => {
      const all = () =>
        ["-4", "-6"].flatMap((flag) => [
          namespaces.exec("appliance", "ip", flag, "rule", "show"),
          namespaces.exec("appliance", "ip", flag, "route", "show", "table", "all", "proto", "81"),
        ]);
      const before = all();
      for (const family of FAMILIES) {
        route(namespaces, family, policyRouting(family, endpoints, ["10.2.0.20/32", "10.3.0.0/16", "fd02::20/128"]));
      }
      expect(all()).not.toEqual(before);
      for (const family of FAMILIES) route(namespaces, family, { rules: [], routes: [] });
      expect(all()).toEqual(before);
    });
  });
});

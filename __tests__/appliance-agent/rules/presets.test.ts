import { AgentConfiguration } from "../../../appliance-agent/src/rules/agent-configuration";
import { evaluate } from "../../../appliance-agent/src/rules/evaluate";
import { fiveTupleFacts } from "../../../appliance-agent/src/rules/five-tuple";
import {
  formatAgentConfiguration,
  parseAgentConfiguration,
} from "../../../appliance-agent/src/rules/parse-agent-configuration";
import { filter } from "../../../appliance-agent/src/rules/presets/filter";
import { passThrough } from "../../../appliance-agent/src/rules/presets/pass-through";
import { squidBastion } from "../../../appliance-agent/src/rules/presets/squid-bastion";
import { unreachableRules } from "../../../appliance-agent/src/rules/unreachable-rules";

const geneveSources = ["10.2.0.0/28"];
const bastion = { geneveSources, clientCidrs: ["10.1.0.0/24", "2001:db8:1::/64"], bastionAddress: "10.2.0.20" };
const dual = { ...bastion, bastionIpv6Address: "2001:db8:2::20" };

function verdict(
  configuration: AgentConfiguration,
  protocol: "tcp" | "udp",
  source: string,
  destination: string,
  destinationPort: number,
) {
  const packet = fiveTupleFacts({ protocol, source, destination, sourcePort: 40000, destinationPort });
  return evaluate(configuration.rules, configuration.defaultAction, packet).action;
}

describe("every preset", () => {
  test.each<[string, AgentConfiguration]>([
    ["passThrough", passThrough({ geneveSources })],
    ["filter", filter({ geneveSources })],
    ["squidBastion", squidBastion(bastion)],
    ["squidBastion", squidBastion(dual)],
  ])("%s is a configuration that the agent accepts, without a rule that never decides", (preset, configuration) => {
    const text = formatAgentConfiguration(configuration);
    expect(parseAgentConfiguration(text, "agent.json")).toEqual(configuration);
    expect(configuration.preset).toBe(preset);
    expect(unreachableRules(configuration.rules)).toEqual([]);
  });

  test("remembers flows longer than the load balancer does", () => {
    expect(passThrough({ geneveSources }).flowIdleSeconds).toBe(360);
    expect(squidBastion({ ...bastion, tcpIdleTimeoutSeconds: 6000 }).flowIdleSeconds).toBe(6010);
  });

  test("fails on input that makes no valid configuration, and says where", () => {
    expect(() => passThrough({ geneveSources: ["10.2.0.5/28"] })).toThrow(
      'passThrough() geneveSources[0]: a CIDR with host bits set, got "10.2.0.5/28"; write 10.2.0.0/28',
    );
    expect(() => filter({ geneveSources, healthPort: 70000 })).toThrow(
      "filter() health.port: out of range, got 70000; write at most 65535",
    );
    expect(() => squidBastion({ ...bastion, bastionAddress: "bastion" })).toThrow(
      'squidBastion() bastionAddress: not an IPv4 address, got "bastion"; write one such as 10.2.0.20',
    );
    expect(() => squidBastion({ ...bastion, bastionIpv6Address: "10.2.0.20" })).toThrow(
      'squidBastion() bastionIpv6Address: not an IPv6 address, got "10.2.0.20"; write one such as 2001:db8::20',
    );
    expect(() => squidBastion({ ...dual, clientCidrs: ["10.1.0.0/24"] })).toThrow(
      'squidBastion() bastionIpv6Address: an address that no client uses, got "2001:db8:2::20"; add an IPv6 CIDR to clientCidrs',
    );
    expect(() => squidBastion({ ...bastion, clientCidrs: ["2001:db8:1::/64"] })).toThrow(
      'squidBastion() clientCidrs: no IPv4 CIDR, got ["2001:db8:1::/64"]; write that of the clients\' VPC',
    );
    expect(() => squidBastion({ ...bastion, clientCidrs: ["10.1.0.7/24"] })).toThrow(
      'squidBastion() clientCidrs[0]: a CIDR with host bits set, got "10.1.0.7/24"; write 10.1.0.0/24',
    );
    expect(() => squidBastion({ ...bastion, bridgeHttpPort: 0 })).toThrow(
      "squidBastion() bridgeHttpPort: not a port, got 0; write a whole number from 1 to 65535",
    );
  });
});

test("passThrough forwards everything, in hairpin mode", () => {
  const configuration = passThrough({ geneveSources, hook: "xdp", healthPort: 9000 });
  expect(configuration).toMatchObject({ mode: "hairpin", hook: "xdp", rules: [], health: { port: 9000 } });
  expect(verdict(configuration, "tcp", "10.1.0.5", "198.51.100.7", 80)).toBe("forward");
});

test("filter drops plain HTTP of both families, and what its rules say", () => {
  const configuration = filter({ geneveSources });
  expect(verdict(configuration, "tcp", "10.1.0.5", "198.51.100.7", 80)).toBe("drop");
  expect(verdict(configuration, "tcp", "2001:db8::5", "2001:db8::7", 80)).toBe("drop");
  expect(verdict(configuration, "tcp", "10.1.0.5", "198.51.100.7", 443)).toBe("forward");
  expect(verdict(configuration, "udp", "10.1.0.5", "198.51.100.7", 80)).toBe("forward");
  const only = filter({
    geneveSources,
    rules: [{ name: "dns", match: { protocol: "udp", destinationPorts: [53] }, action: "forward" }],
    defaultAction: "drop",
  });
  expect(verdict(only, "udp", "10.1.0.5", "198.51.100.7", 53)).toBe("forward");
  expect(verdict(only, "tcp", "10.1.0.5", "198.51.100.7", 443)).toBe("drop");
});

describe("squidBastion", () => {
  test("drops inbound HTTP and the clients' QUIC before they are routed", () => {
    const configuration = squidBastion(bastion);
    expect(verdict(configuration, "tcp", "198.51.100.7", "10.1.0.5", 80)).toBe("drop");
    expect(verdict(configuration, "tcp", "2001:db8::7", "2001:db8:1::5", 80)).toBe("drop");
    expect(verdict(configuration, "tcp", "198.51.100.7", "10.1.0.5", 22)).toBe("forward");
    expect(verdict(configuration, "udp", "10.1.0.5", "198.51.100.7", 443)).toBe("drop");
    expect(verdict(configuration, "tcp", "10.1.0.5", "198.51.100.7", 80)).toBe("forward");
  });

  test("leaves inbound ports and QUIC alone where told so", () => {
    expect(squidBastion({ ...bastion, blockedInboundPorts: [], quic: "forward" }).rules).toEqual([]);
  });

  test("redirects the clients' HTTP and HTTPS to the bridge, without masquerading", () => {
    const { iptables, underlayDestinations, health } = squidBastion({
      ...dual,
      bridgeHttpPort: 8080,
      bridgeHttpsPort: 8443,
    });
    expect(iptables.ipv4.filter((line) => line.includes("DNAT --to"))).toEqual([
      "-A GWLB-PREROUTING -s 10.1.0.0/24 -i gwi-+ -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.2.0.20:8080",
      "-A GWLB-PREROUTING -s 10.1.0.0/24 -i gwi-+ -p tcp -m tcp --dport 443 -j DNAT --to-destination 10.2.0.20:8443",
    ]);
    expect(iptables.ipv6.filter((line) => line.includes("DNAT --to"))).toEqual([
      "-A GWLB-PREROUTING -s 2001:db8:1::/64 -i gwi-+ -p tcp -m tcp --dport 80 -j DNAT --to-destination [2001:db8:2::20]:8080",
      "-A GWLB-PREROUTING -s 2001:db8:1::/64 -i gwi-+ -p tcp -m tcp --dport 443 -j DNAT --to-destination [2001:db8:2::20]:8443",
    ]);
    expect([...iptables.ipv4, ...iptables.ipv6].join()).not.toMatch(/MASQUERADE|SNAT/);
    expect(underlayDestinations).toEqual(["10.2.0.20/32", "2001:db8:2::20/128"]);
    expect(health.tcpChecks).toEqual([
      { name: "bridge-http", address: "10.2.0.20", port: 8080 },
      { name: "bridge-https", address: "10.2.0.20", port: 8443 },
    ]);
  });

  test("refuses HTTP and HTTPS over IPv6 by name when the bastion has none", () => {
    const reset = "-p tcp -j REJECT --reject-with tcp-reset";
    const { iptables } = squidBastion(bastion);
    expect(iptables.ipv6).toContain("-A GWLB-TCP -p tcp -m multiport --dports 80,443 -j GWLB-WEB");
    expect(iptables.ipv6).toContain(`-A GWLB-WEB -s 2001:db8:1::/64 -i gwi-+ -o gwo-+ ${reset}`);
    expect(iptables.ipv6.join()).not.toContain("DNAT --to");
    const { iptables: without } = squidBastion({ ...bastion, clientCidrs: ["10.1.0.0/24"] });
    expect(without.ipv6).toContain(`-A GWLB-WEB -i gwi-+ -o gwo-+ ${reset}`);
  });

  test("tracks no connection but those that are redirected", () => {
    const untrack = (chain: string) => [
      `-A ${chain} -m mark --mark 0x0/0xffff0000 -g GWLB-UNMARKED`,
      `-A ${chain} -j CT --notrack`,
    ];
    const unmarked = "-A GWLB-UNMARKED -i gwi-+ -j CT --notrack";
    const { iptables } = squidBastion({ ...dual, clientCidrs: ["10.1.0.0/24", "10.3.0.0/24", "2001:db8:1::/64"] });
    expect(iptables.ipv4.slice(0, iptables.ipv4.indexOf("COMMIT"))).toEqual([
      "*raw",
      ":GWLB-PREROUTING - [0:0]",
      ":GWLB-WEB - [0:0]",
      ":GWLB-ICMP - [0:0]",
      ":GWLB-UNMARKED - [0:0]",
      "-A GWLB-PREROUTING -p tcp -m multiport --dports 80,443 -g GWLB-WEB",
      "-A GWLB-PREROUTING -p icmp -g GWLB-ICMP",
      ...untrack("GWLB-PREROUTING"),
      "-A GWLB-WEB -s 10.1.0.0/24 -j RETURN",
      "-A GWLB-WEB -s 10.3.0.0/24 -j RETURN",
      ...untrack("GWLB-WEB"),
      "-A GWLB-ICMP -p icmp -m icmp --icmp-type 3 -j RETURN",
      "-A GWLB-ICMP -p icmp -m icmp --icmp-type 11 -j RETURN",
      "-A GWLB-ICMP -p icmp -m icmp --icmp-type 12 -j RETURN",
      ...untrack("GWLB-ICMP"),
      unmarked,
    ]);
    expect(iptables.ipv6).toContain("-A GWLB-ICMP -p ipv6-icmp -m icmp6 --icmpv6-type 2 -j RETURN");
    expect(squidBastion(bastion).iptables.ipv6.slice(0, 7)).toEqual([
      "*raw",
      ":GWLB-PREROUTING - [0:0]",
      ":GWLB-UNMARKED - [0:0]",
      ...untrack("GWLB-PREROUTING"),
      unmarked,
      "COMMIT",
    ]);
  });

  test("lowers the MSS to what the load balancer carries", () => {
    const { iptables } = squidBastion(bastion);
    expect(iptables.ipv4.filter((line) => line.includes("--set-mss 8460"))).toHaveLength(2);
    expect(iptables.ipv6.filter((line) => line.includes("--set-mss 8440"))).toHaveLength(2);
  });
});

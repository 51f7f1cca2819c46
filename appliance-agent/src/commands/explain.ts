import { explain as explainRules, type Explanation } from "../rules/explain";
import { fiveTupleFacts } from "../rules/five-tuple";
import type { AgentConfiguration } from "../rules/agent-configuration";
import type { Command } from "./command";
import { configurationInForce } from "./configuration-in-force";
import { EXIT } from "./exit-code";
import { formatJson } from "./json";
import { packetOf } from "./packet-arguments";
import { JSON_OPTION, PATH_OPTIONS } from "./path-options";
import type { Terminal } from "./terminal";

/** `gwlb-agent explain` */
export const explain: Command = {
  positionals: ["<protocol>", "<source>", "<destination>"],
  description: [
    "Says which rule decides about a packet, why the rules before it do not, and which way the packet goes. Asks the",
    "configuration, not the kernel: it needs no privilege, and no packet is sent.",
  ].join("\n"),
  examples: [
    ["gwlb-agent explain tcp 10.1.0.5:40000 203.0.113.5:80", "a client's HTTP"],
    ["gwlb-agent explain icmpv6 2001:db8::1 fd00::5 --icmp-type 128", "an echo request over IPv6"],
    ["gwlb-agent explain udp 10.1.0.5:5000 203.0.113.5:443 --config new.json", "what a new configuration would do"],
  ],
  options: {
    endpoint: { value: "<16 hex digits>", description: "GWLB endpoint it comes from (default: one no rule names)" },
    "icmp-type": { value: "<number>", description: "of icmp and icmpv6", default: "8" },
    config: { value: "<file>", description: "a configuration other than the one in force" },
    ...JSON_OPTION,
    ...PATH_OPTIONS,
  },
  capabilities: [],
  async run(given, terminal) {
    const packet = packetOf(given);
    const configuration = configurationInForce("explain", given);
    const result = explainRules(
      configuration.rules,
      configuration.defaultAction,
      factsOf(given.wrong.bind(given), packet),
    );
    const way = wayOf(configuration, result);
    if (given.has("json")) terminal.out(formatJson({ packet, ...result, way }));
    else print(terminal, result, way);
    return EXIT.ok;
  },
};

function factsOf(wrong: (what: string, options: ErrorOptions) => Error, packet: Parameters<typeof fiveTupleFacts>[0]) {
  try {
    return fiveTupleFacts(packet);
  } catch (cause) {
    throw wrong((cause as Error).message, { cause });
  }
}

function wayOf({ mode, hook, iptables }: AgentConfiguration, { action }: Explanation): string {
  if (action === "drop") return "dropped and counted: 'gwlb-agent drops'";
  if (mode === "hairpin") return `returned to the load balancer where it arrived (${hook})`;
  const filtered = iptables.ipv4.length + iptables.ipv6.length > 0 ? ", iptables" : "";
  return `decapsulated to gwi-X, kernel routing${filtered}, then gwo-X back to the load balancer`;
}

function print(terminal: Terminal, { action, decidedBy, passedOver }: Explanation, way: string): void {
  const by = decidedBy === undefined ? "the default action: no rule matches" : `rule ${decidedBy}`;
  terminal.out(`${terminal.paint(action === "drop" ? "red" : "green", action)} by ${by}`);
  terminal.out(`way: ${way}`);
  if (passedOver.length > 0) terminal.out("rules passed over:");
  passedOver.forEach(({ rule, because }) => terminal.out(`  ${rule}: ${because}`));
}

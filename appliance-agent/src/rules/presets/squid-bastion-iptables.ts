import { Family, cidrsOf } from "../cidr";
import { MARK } from "../endpoint-mark";
import { GWLB_MTU_BYTES } from "../gwlb-mtu";
import { SquidBastionSettings } from "./squid-bastion";

/** IPv4 or IPv6 header and TCP header without options: what the MTU has more than the MSS. RFC 9293 §3.7.1. */
const HEADERS_BYTES = { ipv4: 40, ipv6: 60 } as const;

/**
 * ICMP errors, RFC 792 and RFC 4443 §2.1: destination unreachable (packet too big), time exceeded, parameter problem. Of a
 * redirected connection they are translated as it is; unlike a ping they begin no connection.
 */
const ERRORS: Readonly<Record<Family, readonly string[]>> = {
  ipv4: [3, 11, 12].map((type) => `-p icmp -m icmp --icmp-type ${type}`),
  ipv6: [1, 2, 3, 4].map((type) => `-p ipv6-icmp -m icmp6 --icmpv6-type ${type}`),
};

const SYN = "-p tcp -m tcp --tcp-flags SYN,RST SYN";

/** Lines for `iptables-restore` and `ip6tables-restore` of the preset `squidBastion`. */
export function squidBastionIptables(settings: SquidBastionSettings): { ipv4: string[]; ipv6: string[] } {
  return {
    ipv4: lines("ipv4", settings, settings.bastionAddress),
    ipv6: lines("ipv6", settings, settings.bastionIpv6Address),
  };
}

function lines(family: Family, settings: SquidBastionSettings, bastion: string | undefined): string[] {
  const clients = cidrsOf(family, settings.clientCidrs);
  const redirected = bastion === undefined ? [] : clients;
  return [
    ...table("raw", untrackTransit(family, redirected)),
    ...(bastion === undefined || clients.length === 0
      ? []
      : table("nat", { "GWLB-PREROUTING": redirectToBastion(clients, hostPart(family, bastion), settings) })),
    ...table("filter", {
      "GWLB-INPUT": ["-i gwi-+ -j DROP"],
      ...forwardChains(clients, bastion),
      "GWLB-MSS": clampMss(family),
    }),
  ];
}

function table(name: string, chains: Readonly<Record<string, readonly string[]>>): string[] {
  return [
    `*${name}`,
    ...Object.keys(chains).map((chain) => `:${chain} - [0:0]`),
    ...Object.entries(chains).flatMap(([chain, rules]) => rules.map((rule) => `-A ${chain} ${rule}`)),
    "COMMIT",
  ];
}

/**
 * Connection tracking is for what is redirected, and for ICMP errors about it. Everything else from the load balancer
 * passes without a state (from gwi-X to gwo-X: see `forwardChains`), fills no table, and costs less.
 * iptables-extensions(8), CT.
 *
 * What has an endpoint's mark comes from gwi-X; names are compared only of what has none, as behind a create hook. Each chain
 * has the two lines itself, for one more chain on the way costs every packet 2 %.
 *
 * @param redirected clients whose HTTP and HTTPS goes to the bastion
 */
function untrackTransit(family: Family, redirected: readonly string[]): Record<string, string[]> {
  const untrack = [`${MARK.none} -g GWLB-UNMARKED`, "-j CT --notrack"];
  const unmarked = { "GWLB-UNMARKED": ["-i gwi-+ -j CT --notrack"] };
  if (redirected.length === 0) return { "GWLB-PREROUTING": untrack, ...unmarked };
  return {
    "GWLB-PREROUTING": [
      "-p tcp -m multiport --dports 80,443 -g GWLB-WEB",
      `-p ${family === "ipv4" ? "icmp" : "ipv6-icmp"} -g GWLB-ICMP`,
      ...untrack,
    ],
    "GWLB-WEB": [...redirected.map((client) => `-s ${client} -j RETURN`), ...untrack],
    "GWLB-ICMP": [...ERRORS[family].map((error) => `${error} -j RETURN`), ...untrack],
    ...unmarked,
  };
}

/**
 * Both ends of a connection that is redirected to the bastion sit on an MTU of 9001, and the load balancer between them
 * drops what is larger than 8500 bytes without a word (no ICMP), so the MSS that each announces is lowered. TCPMSS never
 * raises one: towards the internet, where 1500 bytes bind, the announced 1460 stays.
 *
 * Not in table mangle, where the manual has it: each table costs every packet something, and this one would have no other
 * chain that it passes here. TCPMSS wants the match for a SYN in its own rule too.
 */
function clampMss(family: Family): string[] {
  const clamp = `${SYN} -j TCPMSS --set-mss ${GWLB_MTU_BYTES - HEADERS_BYTES[family]}`;
  return [`-i gwi-+ ${clamp}`, `-o gwo-+ ${clamp}`];
}

/** No MASQUERADE: the bastion sees the client's address, and its answers come back here by its subnet's route table. */
function redirectToBastion(clients: readonly string[], host: string, settings: SquidBastionSettings): string[] {
  const ports = [
    [80, settings.bridgeHttpPort],
    [443, settings.bridgeHttpsPort],
  ];
  return clients.flatMap((client) =>
    ports.map(
      ([from, to]) => `-s ${client} -i gwi-+ -p tcp -m tcp --dport ${from} -j DNAT --to-destination ${host}:${to}`,
    ),
  );
}

const hostPart = (family: Family, address: string): string => (family === "ipv6" ? `[${address}]` : address);

/**
 * What may pass between the load balancer and the underlay, in the order of the lines:
 *
 * 1. HTTP and HTTPS of a client never leaves uninspected: not over IPv6 when the bastion has none (a reset, so that the
 *    client falls back to IPv4 at once), not when connection tracking calls a packet invalid and does not translate it.
 *    Without a client CIDR in a family every source is meant. (In a chain of TCP's: the rest is compared once.)
 * 2. Everything else of the load balancer goes back to it, and so does what answers a connection of its.
 * 3. A client reaches the underlay only where it was redirected to: not the bastion's SSH, not the neighbours. Its connection
 *    takes the mark of each packet, for a client's packets may come by another endpoint from now on.
 * 4. The underlay reaches the load balancer only with answers.
 */
function forwardChains(clients: readonly string[], bastion: string | undefined): Record<string, string[]> {
  const sources = clients.length === 0 ? [""] : clients.map((client) => `-s ${client} `);
  const refuse = bastion === undefined ? "-p tcp -j REJECT --reject-with tcp-reset" : "-j DROP";
  return {
    "GWLB-FORWARD": [
      "-p tcp -j GWLB-TCP",
      `-o gwo-+ ${MARK.any} -j ACCEPT`,
      "-i gwi-+ -o gwo-+ -j ACCEPT",
      "-i gwi-+ -m conntrack ! --ctstate DNAT -j DROP",
      `-i gwi-+ ${MARK.save}`,
      "-i gwi-+ -j ACCEPT",
      "-o gwo-+ -m conntrack ! --ctstate RELATED,ESTABLISHED -j DROP",
      "-o gwo-+ -j ACCEPT",
    ],
    "GWLB-TCP": [`${SYN} -j GWLB-MSS`, "-p tcp -m multiport --dports 80,443 -j GWLB-WEB"],
    "GWLB-WEB": sources.map((source) => `${source}-i gwi-+ -o gwo-+ ${refuse}`),
  };
}

/** One end of a virtual Ethernet cable. */
export interface LinkEnd {
  /** Network namespace, without the lab's prefix. */
  readonly host: string;
  /** Interface name, at most 15 characters. */
  readonly name: string;
  readonly mac: string;
  /** Addresses with prefix length. */
  readonly addresses: readonly string[];
}

/** A virtual Ethernet cable between two namespaces. */
export interface Link {
  readonly ends: readonly [LinkEnd, LinkEnd];
  /** Bytes. */
  readonly mtu: number;
}

/** A program that is run once in a namespace. */
export interface Step {
  readonly host: string;
  readonly command: readonly string[];
  /** What it reads from standard input. */
  readonly input?: string;
}

/** A network of namespaces as a value: first the hosts, then the links, then the steps, in this order. */
export interface Fabric {
  readonly hosts: readonly string[];
  readonly links: readonly Link[];
  readonly steps: readonly Step[];
  /** What the plan has and the lab does not, each in one line. */
  readonly notes: readonly string[];
}

/** Nothing, to be spread under what a part does have. */
export const EMPTY_FABRIC: Fabric = { hosts: [], links: [], steps: [], notes: [] };

/** Several parts as one, in their order. */
export function join(parts: readonly Fabric[]): Fabric {
  return {
    hosts: parts.flatMap(({ hosts }) => hosts),
    links: parts.flatMap(({ links }) => links),
    steps: parts.flatMap(({ steps }) => steps),
    notes: parts.flatMap(({ notes }) => notes),
  };
}

/** Steps of one host, each a command line cut at its blanks. */
export function steps(host: string, ...lines: readonly string[]): Step[] {
  return lines.map((line) => ({ host, command: line.split(" ") }));
}

/** A step that sets kernel parameters. */
export function sysctls(host: string, settings: Readonly<Record<string, number>>): Step {
  return {
    host,
    command: ["sysctl", "-qw", ...Object.entries(settings).map(([name, value]) => `${name}=${String(value)}`)],
  };
}

/** A step that loads an nftables ruleset. */
export function nftables(host: string, ruleset: string): Step {
  return { host, command: ["nft", "-f", "-"], input: ruleset };
}

/** AWS's routers and gateways leave the TTL alone; Linux's forwarding takes one off, so it is added on arrival. */
export function keepTtl(host: string): Step[] {
  return steps(
    host,
    "iptables -t mangle -A PREROUTING -j TTL --ttl-inc 1",
    "ip6tables -t mangle -A PREROUTING -j HL --hl-inc 1",
  );
}

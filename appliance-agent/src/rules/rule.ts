import { z } from "zod";

/** What happens to a packet: returned to the load balancer (after routing, in routed mode), or dropped and counted. */
export const ACTIONS = ["forward", "drop"] as const;

/** A verdict, as configurations write it. */
export type Action = (typeof ACTIONS)[number];

const port = z.int().min(0).max(65535);

/** One port, or an inclusive range `[first, last]`. */
const portRange = z.union([port, z.tuple([port, port])]);

/** One ordered filter rule; the first rule that matches decides. Every given member of `match` must match. */
export const ruleSchema = z.strictObject({
  /** Unique in its list; names the rule in `rules`, `explain` and the metrics. */
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/),
  match: z.strictObject({
    /** @default - both, or the family of `source` or `destination` */
    family: z.enum(["ipv4", "ipv6"]).optional(),
    /** Upper-layer protocol, after IPv6 extension headers: a name, or an IANA number 0 to 255. @default - every protocol */
    protocol: z.union([z.enum(["tcp", "udp", "icmp", "icmpv6"]), z.int().min(0).max(255)]).optional(),
    /** Source CIDRs, one family in one rule. @default - every address */
    source: z.array(z.string()).min(1).optional(),
    /** Destination CIDRs, one family in one rule. @default - every address */
    destination: z.array(z.string()).min(1).optional(),
    /** TCP or UDP source ports. @default - every port */
    sourcePorts: z.array(portRange).min(1).optional(),
    /** TCP or UDP destination ports. @default - every port */
    destinationPorts: z.array(portRange).min(1).optional(),
    /** ICMP or ICMPv6 type, 0 to 255. @default - every type */
    icmpType: z.int().min(0).max(255).optional(),
    /** GWLB endpoint id as 16 hexadecimal digits, as GENEVE option type 1 carries it. @default - every endpoint */
    endpoint: z
      .string()
      .regex(/^[0-9a-f]{16}$/)
      .optional(),
  }),
  action: z.enum(ACTIONS),
});

/** An ordered filter rule. */
export type Rule = z.infer<typeof ruleSchema>;

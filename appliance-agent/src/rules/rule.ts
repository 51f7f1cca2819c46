import { z } from "zod";
import { isCidr, parseCidr } from "./cidr";
import { ruleProblems } from "./rule-problems";

/** What happens to a packet: returned to the load balancer (after routing, in routed mode), or dropped and counted. */
export const ACTIONS = ["forward", "drop"] as const;

/** A verdict, as configurations write it. */
export type Action = (typeof ACTIONS)[number];

/** A network in CIDR notation, IPv4 or IPv6, host bits zero. */
export const cidrSchema = z.string().superRefine((text, context) => {
  const parsed = parseCidr(text);
  if (!isCidr(parsed)) context.addIssue({ code: "custom", message: `${parsed.what}; ${parsed.fix}` });
});

const port = z.int().min(0).max(65535);

/** One port, or an inclusive range `[first, last]`. */
const portRange = z.union([port, z.tuple([port, port])], {
  error: "not a port; write a whole number from 0 to 65535, or a range [first, last] of them",
});

/** One ordered filter rule; the first rule that matches decides. Every given member of `match` must match. */
export const ruleSchema = z
  .strictObject({
    /** Unique in its list; names the rule in `rules`, `explain` and the metrics. */
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "not a rule name; write 1 to 63 characters of a-z, 0-9 and -, not - first"),
    match: z.strictObject({
      /** @default - both, or the family of `source`, `destination` or of the protocol (`icmp`: IPv4, `icmpv6`: IPv6) */
      family: z.enum(["ipv4", "ipv6"]).optional(),
      /** Upper-layer protocol, after IPv6 extension headers: a name, or an IANA number 0 to 255. @default - every protocol */
      protocol: z
        .union([z.enum(["tcp", "udp", "icmp", "icmpv6"]), z.int().min(0).max(255)], {
          error: 'not a protocol; write "tcp", "udp", "icmp", "icmpv6" or an IANA number from 0 to 255',
        })
        .optional(),
      /** Source CIDRs, one family in one rule. @default - every address */
      source: z.array(cidrSchema).min(1).optional(),
      /** Destination CIDRs, one family in one rule. @default - every address */
      destination: z.array(cidrSchema).min(1).optional(),
      /** TCP or UDP source ports; `protocol` says which. @default - every port */
      sourcePorts: z.array(portRange).min(1).optional(),
      /** TCP or UDP destination ports; `protocol` says which. @default - every port */
      destinationPorts: z.array(portRange).min(1).optional(),
      /** ICMP or ICMPv6 type, 0 to 255; `protocol` says which. @default - every type */
      icmpType: z.int().min(0).max(255).optional(),
      /** GWLB endpoint id as 16 hexadecimal digits, as GENEVE option type 1 carries it. @default - every endpoint */
      endpoint: z
        .string()
        .regex(
          /^[0-9a-f]{16}$/,
          "not an endpoint id; write 16 hexadecimal digits in lower case, as `endpoints` prints them",
        )
        .optional(),
    }),
    action: z.enum(ACTIONS),
  })
  .superRefine((rule, context) => {
    for (const { path, what, fix } of ruleProblems(rule)) {
      context.addIssue({ code: "custom", path: ["match", ...path], message: `${what}; ${fix}` });
    }
  });

/** An ordered filter rule. */
export type Rule = z.infer<typeof ruleSchema>;

import { z } from "zod";
import { configurationProblems } from "./configuration-problems";
import { ACTIONS, cidrSchema, ruleSchema } from "./rule";
import { schemaProblems } from "./schema-problems";

/** Rules in one list; the kernel's rule bitmaps have this many bits. */
export const MAX_RULES = 65_536;

/** Lines for `iptables-restore --noflush`, all of them in chains whose names begin with `GWLB-`. */
const restoreLines = z.array(z.string()).default([]);

/** The agent's whole configuration: what the stacks write to S3 and what `gwlb-agent check` validates. */
export const agentConfigurationSchema = z
  .strictObject({
    /** Of this schema. */
    version: z.literal(1),
    /** Which preset produced this file; shown by `status`. */
    preset: z.enum(["passThrough", "filter", "squidBastion", "custom"]).default("custom"),
    /** `hairpin`: returned where it arrived, no routing. `routed`: decapsulated to gwi-X, routed by the kernel, taken back from gwo-X. */
    mode: z.enum(["hairpin", "routed"]),
    /** Where the hairpin program is attached. `xdp` needs a driver whose native XDP takes the interface's MTU. */
    hook: z.enum(["tc", "xdp"]).default("tc"),
    /** Interface on which GENEVE arrives. @default - the one that the main table's default route uses */
    underlayInterface: z
      .string()
      .regex(/^[A-Za-z0-9_.-]{1,15}$/, "not an interface name; write 1 to 15 characters, as `ip link` prints them")
      .optional(),
    /** IPv4 CIDRs of the load balancer's subnets; GENEVE from elsewhere is dropped and counted. */
    geneveSources: z.array(cidrSchema).min(1).max(64),
    /** Seconds of silence after which a flow is forgotten; longer than the listener's TCP idle timeout. */
    flowIdleSeconds: z.int().min(60).max(7200).default(360),
    /**
     * Flows remembered in routed mode (LRU), about 190 bytes of kernel memory each, all of them from the start. With iptables
     * lines the kernel's connection tracking gets room for as many: 16 bytes each from the start, 256 while there is one.
     */
    maxFlows: z.int().min(1024).max(4_194_304).default(262_144),
    rules: z.array(ruleSchema).max(MAX_RULES).default([]),
    /** For a packet that no rule matches. */
    defaultAction: z.enum(ACTIONS).default("forward"),
    /** Routed mode only. A chain `GWLB-FORWARD` is hooked into `FORWARD` of its table by the agent, and so on for each built-in chain. */
    iptables: z.strictObject({ ipv4: restoreLines, ipv6: restoreLines }).default({ ipv4: [], ipv6: [] }),
    /** CIDRs (after DNAT) that routed packets reach by the main table, from the underlay, instead of gwo-X. Routed mode only. */
    underlayDestinations: z.array(cidrSchema).max(64).default([]),
    /** Kernel parameters that the agent sets and keeps, as `net.ipv4.ip_forward` -> `1`. Routed mode only. */
    sysctls: z
      .record(
        z
          .string()
          .regex(
            /^net(\.[A-Za-z0-9_-]+)+$/,
            "not a kernel parameter of the network; write one such as net.ipv4.ip_forward",
          ),
        z
          .string()
          .regex(/^[\w -]+$/, "not a kernel parameter's value; write one line of letters, digits, spaces and -"),
      )
      .default({}),
    health: z
      .strictObject({
        /** TCP port of /livez, /readyz and /metrics. */
        port: z.int().min(1).max(65535).default(8080),
        /** Addresses that must accept a TCP connection for the appliance to be ready. */
        tcpChecks: z
          .array(z.strictObject({ name: z.string().min(1), address: z.string(), port: z.int().min(1).max(65535) }))
          .default([]),
      })
      .default({ port: 8080, tcpChecks: [] }),
    /** Executables called as gwlbtun calls them: `CREATE|DESTROY gwi-X gwo-X <endpoint id in hex>`. Routed mode only. */
    hooks: z
      .strictObject({
        create: z.string().startsWith("/", "not an absolute path; begin it with /").optional(),
        destroy: z.string().startsWith("/", "not an absolute path; begin it with /").optional(),
      })
      .default({}),
  })
  .superRefine((configuration, context) => {
    for (const { path, what, fix } of configurationProblems(configuration)) {
      context.addIssue({ code: "custom", path: [...path], message: `${what}; ${fix}` });
    }
  });

/** A validated configuration with every default filled in. */
export type AgentConfiguration = z.infer<typeof agentConfigurationSchema>;

/** A configuration that cannot be used: every problem that was found, `<where> <path>: <what>, got <value>; <fix>`. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";

  constructor(readonly problems: readonly string[]) {
    super(problems.join("\n"));
  }
}

/**
 * A configuration with its defaults filled in.
 *
 * @param where names the source in errors: a file, an S3 object, a preset
 * @throws ConfigurationError with every problem of `value`
 */
export function validateAgentConfiguration(value: unknown, where: string): AgentConfiguration {
  const parsed = agentConfigurationSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new ConfigurationError(schemaProblems(agentConfigurationSchema, value, parsed.error.issues, where));
}

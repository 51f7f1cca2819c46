import { z } from "zod";
import { ConfigurationError } from "../rules/agent-configuration";
import { addressFamily, isCidr, parseCidr } from "../rules/cidr";

/** Names or addresses in one list; a Squid `dstdomain` list of this size loads in well under a second. */
export const MAX_LISTED_DOMAINS = 65_536;

/** Port of Squid that takes the PROXY protocol, on loopback. */
export const SQUID_PROXY_PORT = 3131;

const port = z.int().min(1).max(65535);

const address = z.string().refine((text) => addressFamily(text) !== undefined, "must be an IPv4 or IPv6 address");

const cidr = z.string().refine(isNetwork, "must be a network in CIDR notation with no host bits set, as 10.1.0.0/24");

/**
 * `example.com`: that name alone. `.example.com`: that name and every name below it. Lower case, internationalized
 * names as A-labels (RFC 5890 §2.3.2.1): what Squid's `dstdomain` compares with.
 */
const listedDomain = z
  .string()
  .max(254)
  .regex(
    /^\.?[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/,
    "must be a lower-case name, as 'example.com', or '.example.com' for it and every name below it",
  );

/** The bridge's whole configuration: what the stacks write to S3 and what `proxy-bridge --config` reads. */
export const bridgeConfigurationSchema = z.strictObject({
  /** Of this schema. */
  version: z.literal(1),
  /** Where the clients' connections arrive, after DNAT. A change takes effect at the next start. */
  listen: z
    .strictObject({
      /** Local address; `::` takes IPv4 too. */
      address: address.default("::"),
      /** Of connections that went to port 80. */
      httpPort: port.default(3180),
      /** Of connections that went to port 443. */
      httpsPort: port.default(3443),
    })
    .prefault({}),
  /** CIDRs of the clients; connections from elsewhere are closed and counted. */
  clientCidrs: z.array(cidr).min(1).max(1024),
  /** Squid's port that requires the PROXY protocol. A change takes effect at the next start. */
  squid: z.strictObject({ address: address.default("127.0.0.1"), port: port.default(SQUID_PROXY_PORT) }).prefault({}),
  /** Destinations that Squid answers with 403; wins over `allowedDomains`. */
  deniedDomains: z.array(listedDomain).max(MAX_LISTED_DOMAINS).default([]),
  /** The only destinations that Squid lets through. @default - every destination */
  allowedDomains: z.array(listedDomain).min(1).max(MAX_LISTED_DOMAINS).optional(),
  timeouts: z
    .strictObject({
      /** From the connection, or from the end of the last request, to a whole request header or ClientHello. */
      headerSeconds: z.int().min(1).max(300).default(15),
      /** Between two requests of one connection. */
      keepAliveSeconds: z.int().min(1).max(3600).default(75),
      /**
       * Without a byte in either direction. The load balancer forgets a silent TCP flow after 350 s by default.
       * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/gateway/gateway-load-balancers.html#idle-timeout
       */
      idleSeconds: z.int().min(1).max(7200).default(360),
      /** For Squid to take a connection and, for HTTPS, to reach the origin. */
      connectSeconds: z.int().min(1).max(300).default(30),
      /** On SIGTERM, for the open connections to end by themselves. */
      drainSeconds: z.int().min(0).max(3600).default(30),
    })
    .prefault({}),
  limits: z
    .strictObject({
      /** Bytes of one request's or response's header, the request line included. */
      headerBytes: z.int().min(1024).max(1_048_576).default(32_768),
      /** Bytes of one ClientHello with its record headers; post-quantum key shares make one about 2 KB. */
      clientHelloBytes: z.int().min(512).max(65_536).default(16_384),
      /** Open client connections. */
      connections: z.int().min(1).max(100_000).default(8_192),
      /** Open connections of one client address. */
      connectionsPerClient: z.int().min(1).max(100_000).default(1_024),
    })
    .prefault({}),
  /** `/livez`, `/readyz` and `/metrics`. A change takes effect at the next start. */
  health: z.strictObject({ address: address.default("127.0.0.1"), port: port.default(8080) }).prefault({}),
});

/** A bridge's configuration as it stands in the file, defaults left out. */
export type BridgeConfigurationInput = z.input<typeof bridgeConfigurationSchema>;

/** A validated configuration with every default filled in. */
export type BridgeConfiguration = z.infer<typeof bridgeConfigurationSchema>;

/**
 * Reads a bridge's configuration.
 *
 * @param text JSON
 * @param where names the source in errors: a file, an S3 object
 * @throws ConfigurationError with every problem: path, what is wrong, value
 */
export function parseBridgeConfiguration(text: string, where: string): BridgeConfiguration {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ConfigurationError([`${where}: not JSON, got ${(error as Error).message}; correct the syntax`]);
  }
  return validateBridgeConfiguration(value, where);
}

/**
 * A configuration with its defaults filled in.
 *
 * @param where names the source in errors: a file, a construct
 * @throws ConfigurationError with every problem: path, what is wrong, value
 */
export function validateBridgeConfiguration(value: unknown, where: string): BridgeConfiguration {
  const parsed = bridgeConfigurationSchema.safeParse(value, { reportInput: true });
  if (parsed.success) return parsed.data;
  throw new ConfigurationError(parsed.error.issues.map((issue) => `${where}: ${explain(issue)}`));
}

function explain({ path, message, input, code, ...issue }: z.core.$ZodIssue): string {
  const at = path.length > 0 ? `${path.join(".")}: ` : "";
  if (code === "unrecognized_keys" && "keys" in issue)
    return `${at}unknown key, got '${issue.keys.join("', '")}'; remove it, or correct its spelling`;
  const got = input === undefined ? "nothing" : JSON.stringify(input).slice(0, 100);
  return `${at}${message.charAt(0).toLowerCase()}${message.slice(1)}, got ${got}; correct it`;
}

function isNetwork(text: string): boolean {
  return isCidr(parseCidr(text));
}

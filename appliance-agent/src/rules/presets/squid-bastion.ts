import { AgentConfiguration, ConfigurationError, validateAgentConfiguration } from "../agent-configuration";
import { addressFamily, cidrsOf, isCidr, parseCidr } from "../cidr";
import { ApplianceInput, applianceSettings } from "./appliance-input";
import { ROUTED_SYSCTLS } from "../routed-sysctls";
import { squidBastionIptables } from "./squid-bastion-iptables";
import { squidBastionRules } from "./squid-bastion-rules";

/** Input of {@link squidBastion}. */
export interface SquidBastionInput extends ApplianceInput {
  /** IPv4 and IPv6 CIDRs of the clients whose HTTP and HTTPS is inspected; at least one of IPv4. */
  readonly clientCidrs: readonly string[];
  /** IPv4 address of the bastion, on which the bridge listens. */
  readonly bastionAddress: string;
  /**
   * IPv6 address of the bastion.
   *
   * @default - the clients' HTTP and HTTPS over IPv6 is reset, so that they fall back to IPv4
   */
  readonly bastionIpv6Address?: string;
  /**
   * TCP port of the bastion on which the bridge takes the clients' HTTP.
   *
   * @default 3180
   */
  readonly bridgeHttpPort?: number;
  /**
   * TCP port of the bastion on which the bridge takes the clients' HTTPS.
   *
   * @default 3443
   */
  readonly bridgeHttpsPort?: number;
  /**
   * TCP ports of the clients that nobody outside may reach.
   *
   * @default [80]
   */
  readonly blockedInboundPorts?: readonly number[];
  /**
   * HTTP/3 of the clients (UDP destination port 443), which a bastion cannot inspect: `drop` makes them fall back to TCP.
   *
   * @default "drop"
   */
  readonly quic?: "drop" | "forward";
}

/** {@link SquidBastionInput} with its defaults filled in, as the parts of the preset take it. */
export type SquidBastionSettings = SquidBastionInput &
  Required<Pick<SquidBastionInput, "bridgeHttpPort" | "bridgeHttpsPort" | "blockedInboundPorts" | "quic">>;

/** Default port of the bridge for the clients' HTTP. */
export const BRIDGE_HTTP_PORT = 3180;

/** Default port of the bridge for the clients' HTTPS. */
export const BRIDGE_HTTPS_PORT = 3443;

/**
 * The clients' HTTP and HTTPS goes to a bastion with Squid, undecrypted; the rest is forwarded by the kernel.
 *
 * ```text
 * client :80 :443 -> gwi-X -> DNAT -> underlay -> bastion's bridge -> Squid -> internet
 * client, the rest -> gwi-X -> gwo-X -> load balancer
 * ```
 *
 * @throws ConfigurationError when the input does not make a valid configuration
 */
export function squidBastion(input: SquidBastionInput): AgentConfiguration {
  const problems = inputProblems(input);
  if (problems.length > 0) throw new ConfigurationError(problems.map((problem) => `squidBastion() ${problem}`));
  const settings: SquidBastionSettings = {
    ...input,
    bridgeHttpPort: input.bridgeHttpPort ?? BRIDGE_HTTP_PORT,
    bridgeHttpsPort: input.bridgeHttpsPort ?? BRIDGE_HTTPS_PORT,
    blockedInboundPorts: input.blockedInboundPorts ?? [80],
    quic: input.quic ?? "drop",
  };
  const common = applianceSettings(input);
  return validateAgentConfiguration(
    {
      ...common,
      preset: "squidBastion",
      mode: "routed",
      rules: squidBastionRules(settings),
      defaultAction: "forward",
      iptables: squidBastionIptables(settings),
      underlayDestinations: [
        `${input.bastionAddress}/32`,
        ...(input.bastionIpv6Address === undefined ? [] : [`${input.bastionIpv6Address}/128`]),
      ],
      sysctls: ROUTED_SYSCTLS,
      health: {
        ...common.health,
        tcpChecks: [
          { name: "bridge-http", address: input.bastionAddress, port: settings.bridgeHttpPort },
          { name: "bridge-https", address: input.bastionAddress, port: settings.bridgeHttpsPort },
        ],
      },
    },
    "squidBastion()",
  );
}

/** What would otherwise show up as an error in a line that the caller has not written. */
function inputProblems(input: SquidBastionInput): string[] {
  const { clientCidrs, bastionAddress, bastionIpv6Address } = input;
  const problems = clientCidrs.flatMap((cidr, index) => {
    const parsed = parseCidr(cidr);
    return isCidr(parsed) ? [] : [`clientCidrs[${index}]: ${parsed.what}, got "${cidr}"; ${parsed.fix}`];
  });
  if (cidrsOf("ipv4", clientCidrs).length === 0) {
    problems.push(`clientCidrs: no IPv4 CIDR, got ${JSON.stringify(clientCidrs)}; write that of the clients' VPC`);
  }
  if (addressFamily(bastionAddress) !== "ipv4") {
    problems.push(`bastionAddress: not an IPv4 address, got "${bastionAddress}"; write one such as 10.2.0.20`);
  }
  if (bastionIpv6Address !== undefined && addressFamily(bastionIpv6Address) !== "ipv6") {
    problems.push(
      `bastionIpv6Address: not an IPv6 address, got "${bastionIpv6Address}"; write one such as 2001:db8::20`,
    );
  } else if (bastionIpv6Address !== undefined && cidrsOf("ipv6", clientCidrs).length === 0) {
    problems.push(
      `bastionIpv6Address: an address that no client uses, got "${bastionIpv6Address}"; add an IPv6 CIDR to clientCidrs`,
    );
  }
  for (const member of ["bridgeHttpPort", "bridgeHttpsPort"] as const) {
    const port = input[member];
    if (port !== undefined && !(Number.isInteger(port) && port >= 1 && port <= 65535)) {
      problems.push(`${member}: not a port, got ${port}; write a whole number from 1 to 65535`);
    }
  }
  return problems;
}

import { VpcSecurityGroupEgressRule } from "@cdktf/provider-aws/lib/vpc-security-group-egress-rule";
import { VpcSecurityGroupIngressRule } from "@cdktf/provider-aws/lib/vpc-security-group-ingress-rule";
import { Construct } from "constructs";

/** One rule of a security group: what may come in or go out, and why. */
export interface SecurityGroupRule {
  /** Why. AWS shows it beside the rule, and refuses all but letters, digits, spaces and ._-:/()#,@[]+=&;{}!$* */
  readonly description: string;
  readonly protocol: "tcp" | "udp" | "icmp" | "icmpv6";
  /**
   * Destination port of TCP or UDP.
   *
   * @default - every port; every type of ICMP
   */
  readonly port?: number;
  /** The other side: a CIDR of either family, or the id of a security group. */
  readonly peer: { readonly cidr: string } | { readonly securityGroupId: string };
}

/** Lets `rule` into the security group. */
export function allowIngress(scope: Construct, id: string, securityGroupId: string, rule: SecurityGroupRule): void {
  new VpcSecurityGroupIngressRule(scope, id, { securityGroupId, ...attributes(rule) });
}

/** Lets `rule` out of the security group. */
export function allowEgress(scope: Construct, id: string, securityGroupId: string, rule: SecurityGroupRule): void {
  new VpcSecurityGroupEgressRule(scope, id, { securityGroupId, ...attributes(rule) });
}

function attributes({ description, protocol, port, peer }: SecurityGroupRule) {
  // AWS writes "every ICMP type and code" as -1, and "every port" as a range.
  const every = protocol === "icmp" || protocol === "icmpv6" ? [-1, -1] : [0, 65535];
  return {
    description,
    ipProtocol: protocol,
    fromPort: port ?? every[0],
    toPort: port ?? every[1],
    ...("securityGroupId" in peer
      ? { referencedSecurityGroupId: peer.securityGroupId }
      : peer.cidr.includes(":")
        ? { cidrIpv6: peer.cidr }
        : { cidrIpv4: peer.cidr }),
  };
}

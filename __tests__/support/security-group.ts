import { VpcSecurityGroupEgressRule } from "@cdktf/provider-aws/lib/vpc-security-group-egress-rule";
import { VpcSecurityGroupIngressRule } from "@cdktf/provider-aws/lib/vpc-security-group-ingress-rule";
import { Synthesized, SynthesizedResource, referred } from "./synth";

/** What a security group lets in, sorted, as `tcp 8080 from 10.2.0.0/28`. */
export function allowedIn(stack: Synthesized, group: string): string[] {
  return rules(stack.all(VpcSecurityGroupIngressRule), group, "from");
}

/** What a security group lets out, sorted, as `udp 6081 to 10.2.0.0/28`. */
export function allowedOut(stack: Synthesized, group: string): string[] {
  return rules(stack.all(VpcSecurityGroupEgressRule), group, "to");
}

function rules(all: readonly SynthesizedResource[], group: string, preposition: string): string[] {
  return all
    .filter(({ attributes }) => referred(attributes["security_group_id"]) === group)
    .map(({ attributes }) => {
      const { ip_protocol, from_port, to_port, cidr_ipv4, cidr_ipv6, referenced_security_group_id } = attributes;
      const ports = from_port === to_port ? String(from_port) : `${String(from_port)}-${String(to_port)}`;
      return `${String(ip_protocol)} ${ports} ${preposition} ${String(cidr_ipv4 ?? cidr_ipv6 ?? referred(referenced_security_group_id))}`;
    })
    .sort();
}

import { Instance } from "@cdktf/provider-aws/lib/instance";
import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group";
import { Construct } from "constructs";
import { regionOf } from "./internal/availability-zone";
import { Machine } from "./internal/machine";
import { MachineRole } from "./internal/machine-role";
import { MachineType, MachineTypeProps } from "./internal/machine-type";
import { allowEgress, allowIngress } from "./internal/security-group-rule";
import { gzippedUserData } from "./internal/user-data/gzipped-user-data";
import { WEB_SERVER_BOOT_SCRIPT } from "./internal/web-server-boot-script";

/** One Availability Zone of a {@link WorkloadVpc}. */
export interface WorkloadZone {
  /** `eu-west-1a`. */
  readonly name: string;
  /** Subnet whose traffic is inspected. */
  readonly workloadSubnetId: string;
}

/** Where workloads live; a `ClientVpc`, or a literal that describes a VPC which exists. */
export interface WorkloadVpc {
  readonly vpcId: string;
  readonly zones: readonly WorkloadZone[];
}

/** Props for {@link Workload}. */
export interface WorkloadProps extends MachineTypeProps {
  /** Where the workloads live. */
  readonly vpc: WorkloadVpc;
  /**
   * CIDRs, of either family, that may open connections to ports 80 and 443 and send pings.
   *
   * @default - nobody
   */
  readonly inboundCidrs?: readonly string[];
}

/**
 * In each zone an instance whose traffic is inspected: a client to send from, with a small web server on port 80 to send to.
 *
 * It boots without a download, so that it needs no way out while its appliance does not exist yet.
 */
export class Workload extends Construct {
  /** The instances, by zone. */
  readonly instances: ReadonlyMap<string, Instance>;
  /** Security group of every workload. */
  readonly securityGroupId: string;

  constructor(scope: Construct, id: string, props: WorkloadProps) {
    super(scope, id);
    this.securityGroupId = this.addSecurityGroup(props.vpc.vpcId, props.inboundCidrs ?? []).id;
    const { imageId, instanceType } = new MachineType(this, "image", props);
    const userDataBase64 = gzippedUserData(this, "boot", WEB_SERVER_BOOT_SCRIPT);
    this.instances = new Map(
      props.vpc.zones.map((zone) => {
        const zoneScope = new Construct(this, zone.name);
        const { instanceProfile, ready } = new MachineRole(zoneScope, "role", {
          region: regionOf(this.node.path, zone.name),
        });
        const { instance } = new Machine(zoneScope, "client", {
          imageId,
          instanceType,
          subnetId: zone.workloadSubnetId,
          securityGroupId: this.securityGroupId,
          instanceProfile,
          userDataBase64,
          dependsOn: [...ready],
        });
        return [zone.name, instance];
      }),
    );
  }

  private addSecurityGroup(vpcId: string, inboundCidrs: readonly string[]): SecurityGroup {
    const group = new SecurityGroup(this, "security-group", {
      vpcId,
      description: "Workloads whose traffic is inspected",
      // AWS refuses to delete a group in use; a replacement, after a change of its description, comes first.
      lifecycle: { createBeforeDestroy: true },
    });
    inboundCidrs.forEach((cidr, index) => {
      const rule = { peer: { cidr } };
      const suffix = String(index + 1);
      allowIngress(this, `http-${suffix}`, group.id, { ...rule, protocol: "tcp", port: 80, description: "HTTP" });
      allowIngress(this, `https-${suffix}`, group.id, { ...rule, protocol: "tcp", port: 443, description: "HTTPS" });
      const protocol = cidr.includes(":") ? "icmpv6" : "icmp";
      allowIngress(this, `ping-${suffix}`, group.id, { ...rule, protocol, description: "Ping and path MTU discovery" });
    });
    (["tcp", "udp", "icmp"] as const).forEach((protocol) => {
      allowEgress(this, `out-${protocol}`, group.id, {
        description: `Everything over ${protocol}: the appliance decides what may leave`,
        protocol,
        peer: { cidr: "0.0.0.0/0" },
      });
    });
    return group;
  }
}

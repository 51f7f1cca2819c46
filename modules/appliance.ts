import { Instance } from "@cdktf/provider-aws/lib/instance";
import { LbTargetGroupAttachment } from "@cdktf/provider-aws/lib/lb-target-group-attachment";
import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group";
import { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { AgentConfiguration } from "../appliance-agent/src/rules/agent-configuration";
import { covers, isCidr, parseCidr } from "../appliance-agent/src/rules/cidr";
import { AgentBundle } from "./agent-bundle";
import {
  GatewayLoadBalancerService,
  GENEVE_PORT,
  LoadBalancerVpc,
  LoadBalancerZone,
} from "./gateway-load-balancer-service";
import { Machine } from "./internal/machine";
import { MachineRole } from "./internal/machine-role";
import { requireManagementCidrs } from "./internal/management-cidrs";
import { MachineType, MachineTypeProps } from "./internal/machine-type";
import { allowEgress, allowIngress } from "./internal/security-group-rule";
import { applianceUserData } from "./internal/user-data/appliance-user-data";
import { gzippedUserData } from "./internal/user-data/gzipped-user-data";

/** RFC 4253 §4.1. */
const SSH_PORT = 22;

/** One Availability Zone of an {@link ApplianceVpc}. */
export interface ApplianceZone extends LoadBalancerZone {
  /** What an instance in the subnet must depend on to find the internet when it boots. */
  readonly applianceEgress: readonly ITerraformDependable[];
}

/** Where appliances live; an `InspectionVpc`, or a literal that describes a VPC which exists. */
export interface ApplianceVpc extends LoadBalancerVpc {
  readonly zones: readonly ApplianceZone[];
}

/** Props for {@link Appliance}. */
export interface ApplianceProps extends MachineTypeProps {
  /** Where the appliances live. */
  readonly vpc: ApplianceVpc;
  /** The load balancer that sends packets to them. */
  readonly service: GatewayLoadBalancerService;
  /** The agent that they run. */
  readonly bundle: AgentBundle;
  /** The agent's configuration in a zone, as a preset makes it; a change reaches running appliances and replaces none. */
  readonly configuration: (zone: string) => AgentConfiguration;
  /**
   * Appliances in each zone, 1 to 20.
   *
   * @default 1
   */
  readonly perZone?: number;
  /**
   * Text of files that the agent's configuration names, a hook for one, by absolute path below /etc/gwlb-agent. One that
   * begins with `#!` is made executable. A change replaces the appliances.
   *
   * @default - none
   */
  readonly files?: Readonly<Record<string, string>>;
  /**
   * CIDRs, of either family, that may open SSH connections (TCP port 22) to the appliances; of /5 or longer. EC2
   * Instance Connect brings the keys.
   *
   * @default - nobody: Session Manager needs no rule
   */
  readonly managementCidrs?: readonly string[];
}

/**
 * Appliances in every zone, each registered with the load balancer and running the agent.
 *
 * Only another program, boot script or AMI replaces an appliance; its replacement starts first.
 */
export class Appliance extends Construct {
  /** The instances, by zone. */
  readonly instances: ReadonlyMap<string, readonly Instance[]>;
  /** Security group of every appliance. */
  readonly securityGroupId: string;

  constructor(scope: Construct, id: string, props: ApplianceProps) {
    super(scope, id);
    const { vpc, service, bundle } = props;
    const perZone = props.perZone ?? 1;
    if (!Number.isInteger(perZone) || perZone < 1 || perZone > 20) {
      throw new Error(
        `${this.node.path}: perZone must be a whole number from 1 to 20, got ${String(perZone)}; use 1 or 2`,
      );
    }

    const managementCidrs = props.managementCidrs ?? [];
    requireManagementCidrs(this.node.path, managementCidrs);
    this.securityGroupId = this.addSecurityGroup(vpc, service, managementCidrs).id;
    const { imageId, instanceType } = new MachineType(this, "image", props);
    this.instances = new Map(
      vpc.zones.map((zone) => {
        const zoneScope = new Construct(this, zone.name);
        const configuration = props.configuration(zone.name);
        this.requireFit(zone.name, configuration, service);
        const stored = bundle.addConfiguration(`configuration-${zone.name}`, `agent/${zone.name}.json`, configuration);
        const { role, instanceProfile, ready } = new MachineRole(zoneScope, "role", { region: bundle.region });
        const mayRead = bundle.grantRead(`appliance-${zone.name}`, role, [stored]);
        const { mode } = configuration;
        const script = applianceUserData({ bundle, configuration: stored, mode, files: props.files });
        const userDataBase64 = gzippedUserData(zoneScope, "boot", script);
        const instances = Array.from({ length: perZone }, (_, index) => {
          const machine = new Machine(zoneScope, String(index + 1), {
            imageId,
            instanceType,
            subnetId: zone.applianceSubnetId,
            securityGroupId: this.securityGroupId,
            instanceProfile,
            userDataBase64,
            // Routed packets leave for the bastion with their client's address; hairpinned ones are the appliance's own GENEVE.
            forwarding: configuration.mode === "routed" ? "others-packets" : "own-packets",
            replacement: "before",
            dependsOn: [...zone.applianceEgress, ...ready, mayRead],
          });
          new LbTargetGroupAttachment(machine, "target", {
            targetGroupArn: service.targetGroup.arn,
            targetId: machine.instance.id,
            // The successor is registered before its predecessor goes.
            lifecycle: { createBeforeDestroy: true },
          });
          return machine.instance;
        });
        return [zone.name, instances];
      }),
    );
  }

  /** Refuses a configuration with which an appliance would be unhealthy, or drop what the load balancer sends. */
  private requireFit(zone: string, configuration: AgentConfiguration, service: GatewayLoadBalancerService): void {
    const where = `${this.node.path}: configuration of zone '${zone}'`;
    const { geneveSources, flowIdleSeconds, health } = configuration;
    const refused = service.sourceCidrs.find((cidr) => !geneveSources.some((source) => cidrCovers(source, cidr)));
    if (refused !== undefined) {
      throw new Error(
        `${where} must take GENEVE from ${refused}, got geneveSources ${geneveSources.join(", ")}; ` +
          "pass the service's sourceCidrs",
      );
    }
    if (health.port !== service.healthCheckPort) {
      throw new Error(
        `${where} must answer the health check on port ${String(service.healthCheckPort)}, got ${String(health.port)}; ` +
          "pass the service's healthCheckPort",
      );
    }
    if (flowIdleSeconds <= service.tcpIdleTimeoutSeconds) {
      throw new Error(
        `${where} must remember a flow longer than the listener's ${String(service.tcpIdleTimeoutSeconds)} seconds, ` +
          `got ${String(flowIdleSeconds)}; pass the service's tcpIdleTimeoutSeconds`,
      );
    }
  }

  private addSecurityGroup(
    vpc: ApplianceVpc,
    service: GatewayLoadBalancerService,
    managementCidrs: readonly string[],
  ): SecurityGroup {
    const group = new SecurityGroup(this, "security-group", {
      vpcId: vpc.vpcId,
      description: "Appliances behind the Gateway Load Balancer",
      // AWS refuses to delete a group in use; a replacement, after a change of its description, comes first.
      lifecycle: { createBeforeDestroy: true },
    });
    vpc.zones.forEach(({ name, applianceCidr: cidr }) => {
      allowIngress(this, `geneve-in-${name}`, group.id, {
        description: `GENEVE from the load balancer in ${name}`,
        protocol: "udp",
        port: GENEVE_PORT,
        peer: { cidr },
      });
      allowIngress(this, `health-${name}`, group.id, {
        description: `Health check by the load balancer in ${name}`,
        protocol: "tcp",
        port: service.healthCheckPort,
        peer: { cidr },
      });
      // A returned packet keeps both UDP ports, so to a security group it is no reply: it needs a rule of its own.
      allowEgress(this, `geneve-out-${name}`, group.id, {
        description: `GENEVE back to the load balancer in ${name}`,
        protocol: "udp",
        port: GENEVE_PORT,
        peer: { cidr },
      });
    });
    managementCidrs.forEach((cidr, index) => {
      allowIngress(this, `ssh-${String(index + 1)}`, group.id, {
        description: "SSH for management",
        protocol: "tcp",
        port: SSH_PORT,
        peer: { cidr },
      });
    });
    allowEgress(this, "https", group.id, {
      description: "Systems Manager, S3 and packages of the distribution",
      protocol: "tcp",
      port: 443,
      peer: { cidr: "0.0.0.0/0" },
    });
    return group;
  }
}

function cidrCovers(outer: string, inner: string): boolean {
  const [a, b] = [parseCidr(outer), parseCidr(inner)];
  return isCidr(a) && isCidr(b) && covers(a, b);
}

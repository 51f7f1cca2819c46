import { Instance } from "@cdktf/provider-aws/lib/instance";
import { InternetGateway } from "@cdktf/provider-aws/lib/internet-gateway";
import { Route } from "@cdktf/provider-aws/lib/route";
import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group";
import { Construct } from "constructs";
import {
  BridgeConfiguration,
  parseBridgeConfiguration,
} from "../appliance-agent/src/proxy-bridge/bridge-configuration";
import { squidConf } from "../appliance-agent/src/proxy-bridge/squid-conf";
import {
  DEFAULT_TCP_IDLE_TIMEOUT_SECONDS,
  FLOW_IDLE_MARGIN_SECONDS,
} from "../appliance-agent/src/rules/presets/appliance-input";
import { AgentBundle } from "./agent-bundle";
import { ipv4Address } from "./internal/cidr";
import { Machine } from "./internal/machine";
import { MachineRole } from "./internal/machine-role";
import { MachineType, MachineTypeProps } from "./internal/machine-type";
import { PublicSubnet } from "./internal/public-subnet";
import { allowEgress, allowIngress } from "./internal/security-group-rule";
import { bastionUserData } from "./internal/user-data/bastion-user-data";
import { gzippedUserData } from "./internal/user-data/gzipped-user-data";

/** First address of a subnet that AWS leaves to its users. https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html */
const FIRST_FREE_ADDRESS = 4;

/** One Availability Zone of a {@link BastionVpc}. */
export interface BastionZone {
  /** `eu-west-1a`. */
  readonly name: string;
  /** IPv4 CIDR for the bastion's subnet, free in the VPC. */
  readonly bastionCidr: string;
}

/** Where bastions live; an `InspectionVpc`, or a literal that describes a VPC which exists. */
export interface BastionVpc {
  readonly vpcId: string;
  /** IPv4 CIDR of the VPC; no client reaches it through Squid. */
  readonly cidr: string;
  readonly internetGateway: InternetGateway;
  /** S3's gateway endpoint. */
  readonly s3EndpointId: string;
  readonly zones: readonly BastionZone[];
}

/** The appliances that redirect packets to bastions; an `Appliance`. */
export interface RedirectingAppliances {
  /** By zone; the way back to the clients leads through the only one of the zone. */
  readonly instances: ReadonlyMap<string, readonly Instance[]>;
  readonly securityGroupId: string;
}

/** Props for {@link SquidBastion}. */
export interface SquidBastionProps extends MachineTypeProps {
  /** Where the bastions live. */
  readonly vpc: BastionVpc;
  /** The program that they run beside Squid. */
  readonly bundle: AgentBundle;
  /** IPv4 CIDRs of the clients whose HTTP and HTTPS arrives here, with their own addresses. */
  readonly clientCidrs: readonly string[];
  /**
   * Destinations that Squid refuses: `example.com` that name alone, `.example.com` every name below it too.
   *
   * @default - none
   */
  readonly deniedDomains?: readonly string[];
  /**
   * The only destinations that Squid lets through, in the same form.
   *
   * @default - every destination
   */
  readonly allowedDomains?: readonly string[];
  /**
   * Idle timeout of the load balancer's listener, in seconds, 60 to 6000; the bridge waits ten seconds longer.
   *
   * @default 350
   */
  readonly tcpIdleTimeoutSeconds?: number;
}

/**
 * A bastion with Squid in each zone, to which the zone's appliance redirects the clients' HTTP and HTTPS.
 *
 * ```text
 * out   client --GENEVE--> appliance --DNAT--> bridge on the bastion --> Squid --> internet gateway
 * back  bastion --route of the client's CIDR--> the same appliance's interface --GENEVE--> client
 * ```
 *
 * The client's address survives, so that Squid logs it; hence the route back, and hence one bastion per zone: an answer
 * must meet the appliance that translated the question.
 */
export class SquidBastion extends Construct {
  /** The instances, by zone. */
  readonly instances: ReadonlyMap<string, Instance>;
  /** Security group of every bastion. */
  readonly securityGroupId: string;
  /** What the bridge of every bastion is told. */
  readonly configuration: BridgeConfiguration;
  private readonly addresses: ReadonlyMap<string, string>;
  private readonly subnets: ReadonlyMap<string, PublicSubnet>;
  private readonly clientCidrs: readonly string[];

  constructor(scope: Construct, id: string, props: SquidBastionProps) {
    super(scope, id);
    const { vpc, bundle, clientCidrs } = props;
    this.clientCidrs = clientCidrs;
    this.configuration = this.bridgeConfiguration(props);
    this.addresses = new Map(
      vpc.zones.map(({ name, bastionCidr }) => [name, ipv4Address(bastionCidr, FIRST_FREE_ADDRESS)]),
    );
    this.securityGroupId = this.addSecurityGroup(vpc.vpcId).id;
    this.subnets = new Map(
      vpc.zones.map(({ name, bastionCidr: cidr }) => {
        const { vpcId, internetGateway, s3EndpointId } = vpc;
        return [name, new PublicSubnet(this, name, { vpcId, zone: name, cidr, internetGateway, s3EndpointId })];
      }),
    );
    const { imageId, instanceType } = new MachineType(this, "image", props);
    const stored = bundle.addConfiguration("bridge-configuration", "agent/bridge.json", this.configuration);
    this.instances = new Map(
      [...this.subnets].map(([zone, subnet]) => {
        const { role, instanceProfile, ready } = new MachineRole(subnet, "role", { region: bundle.region });
        const mayRead = bundle.grantRead(`bastion-${zone}`, role, [stored]);
        const script = bastionUserData({
          bundle,
          configuration: stored,
          squidConf: squidConf({ deniedDestinations: [vpc.cidr, ...clientCidrs] }),
        });
        const { instance } = new Machine(subnet, "bastion", {
          imageId,
          instanceType,
          subnetId: subnet.subnet.id,
          privateIp: this.addressIn(zone),
          securityGroupId: this.securityGroupId,
          instanceProfile,
          userDataBase64: gzippedUserData(subnet, "boot", script),
          dependsOn: [...subnet.egress, ...ready, mayRead],
        });
        return [zone, instance];
      }),
    );
  }

  /**
   * IPv4 address of a zone's bastion, known at synthesis.
   *
   * @throws Error when the zone has no bastion
   */
  addressIn(zone: string): string {
    const address = this.addresses.get(zone);
    if (address === undefined) {
      const zones = [...this.addresses.keys()].join(", ");
      throw new Error(
        `${this.node.path}: no bastion in zone '${zone}', got bastions in ${zones}; add the zone to the VPC`,
      );
    }
    return address;
  }

  /**
   * Makes packets flow between the appliances and the bastions of the same zone, and nothing else.
   *
   * @throws Error when a zone has no appliance, or more than one: an answer could meet one that never saw the question
   */
  connectAppliances(appliances: RedirectingAppliances): void {
    this.subnets.forEach(({ routeTable }, zone) => {
      const instances = appliances.instances.get(zone) ?? [];
      const [appliance] = instances;
      if (appliance === undefined || instances.length > 1) {
        throw new Error(
          `${this.node.path}: zone '${zone}' must have exactly one appliance, got ${String(instances.length)}; ` +
            "set appliance.perZone to 1 and give appliances and bastions the same zones",
        );
      }
      this.clientCidrs.forEach((destinationCidrBlock, index) => {
        new Route(this, `${zone}-client-${String(index + 1)}`, {
          routeTableId: routeTable.id,
          destinationCidrBlock,
          networkInterfaceId: appliance.primaryNetworkInterfaceId,
        });
      });
    });
    this.bridgePorts().forEach(([name, port]) => {
      allowIngress(this, `${name}-probe`, this.securityGroupId, {
        description: `${name} bridge: probed by the appliances for their own health`,
        protocol: "tcp",
        port,
        peer: { securityGroupId: appliances.securityGroupId },
      });
      this.addresses.forEach((address, zone) => {
        allowEgress(this, `${name}-redirected-${zone}`, appliances.securityGroupId, {
          description: `${name} of the clients, redirected to the bastion in ${zone}`,
          protocol: "tcp",
          port,
          peer: { cidr: `${address}/32` },
        });
      });
    });
  }

  private bridgeConfiguration(props: SquidBastionProps): BridgeConfiguration {
    const value = {
      version: 1,
      clientCidrs: props.clientCidrs,
      deniedDomains: props.deniedDomains,
      allowedDomains: props.allowedDomains,
      timeouts: {
        idleSeconds: (props.tcpIdleTimeoutSeconds ?? DEFAULT_TCP_IDLE_TIMEOUT_SECONDS) + FLOW_IDLE_MARGIN_SECONDS,
      },
    };
    return parseBridgeConfiguration(JSON.stringify(value), this.node.path);
  }

  private addSecurityGroup(vpcId: string): SecurityGroup {
    const group = new SecurityGroup(this, "security-group", {
      vpcId,
      description: "Bastions with Squid",
      // AWS refuses to delete a group in use; a replacement, after a change of its description, comes first.
      lifecycle: { createBeforeDestroy: true },
    });
    this.bridgePorts().forEach(([name, port]) => {
      this.clientCidrs.forEach((cidr, index) => {
        allowIngress(this, `${name}-client-${String(index + 1)}`, group.id, {
          description: `${name} of the clients, redirected by an appliance with their own addresses`,
          protocol: "tcp",
          port,
          peer: { cidr },
        });
      });
    });
    for (const port of [80, 443]) {
      allowEgress(this, `internet-${String(port)}`, group.id, {
        description: port === 80 ? "Squid to HTTP servers" : "Squid to HTTPS servers, Systems Manager, S3 and packages",
        protocol: "tcp",
        port,
        peer: { cidr: "0.0.0.0/0" },
      });
    }
    return group;
  }

  private bridgePorts(): readonly (readonly [string, number])[] {
    const { httpPort, httpsPort } = this.configuration.listen;
    return [
      ["http", httpPort],
      ["https", httpsPort],
    ];
  }
}

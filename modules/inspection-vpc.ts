import { DefaultSecurityGroup } from "@cdktf/provider-aws/lib/default-security-group";
import { InternetGateway } from "@cdktf/provider-aws/lib/internet-gateway";
import { Vpc } from "@cdktf/provider-aws/lib/vpc";
import { VpcEndpoint } from "@cdktf/provider-aws/lib/vpc-endpoint";
import { Construct } from "constructs";
import { ApplianceVpc, ApplianceZone } from "./appliance";
import { requireZones } from "./internal/availability-zone";
import { PublicSubnet } from "./internal/public-subnet";
import { planSubnets } from "./internal/subnet-plan";
import { BastionVpc, BastionZone } from "./squid-bastion";

/** Kinds of subnet of an {@link InspectionVpc}, in the order of their addresses. */
export const INSPECTION_SUBNETS = ["appliance", "bastion"] as const;

/** Props for {@link InspectionVpc}. */
export interface InspectionVpcProps {
  /** IPv4 CIDR of the VPC, /16 to /28. */
  readonly cidr: string;
  /** Availability Zones that get an appliance subnet; one or more, of one region. */
  readonly zones: readonly string[];
  /**
   * Prefix length of every subnet, /16 to /28.
   *
   * @default - a sixteenth of the VPC, at least the /28 that AWS asks for
   */
  readonly subnetPrefixLength?: number;
}

/** One Availability Zone of an {@link InspectionVpc}. */
export interface InspectionZone extends ApplianceZone, BastionZone {}

/**
 * The VPC of the appliances, with an internet gateway of its own for their updates and their management.
 *
 * Per zone a subnet for the load balancer and the appliances, and room for one of bastions. S3 is reached through a gateway
 * endpoint, which costs nothing.
 */
export class InspectionVpc extends Construct implements ApplianceVpc, BastionVpc {
  /** The VPC. */
  readonly vpc: Vpc;
  /** The VPC's id. */
  readonly vpcId: string;
  /** IPv4 CIDR of the VPC. */
  readonly cidr: string;
  /** AWS region of the zones. */
  readonly region: string;
  /** The appliances' way to the internet; no inspected packet takes it. */
  readonly internetGateway: InternetGateway;
  /** S3's gateway endpoint. */
  readonly s3EndpointId: string;
  /** In the order of the props. */
  readonly zones: readonly InspectionZone[];

  constructor(scope: Construct, id: string, props: InspectionVpcProps) {
    super(scope, id);
    const where = this.node.path;
    this.region = requireZones(where, props.zones);
    const plan = planSubnets({ where, kinds: INSPECTION_SUBNETS, ...props });

    this.cidr = props.cidr;
    this.vpc = new Vpc(this, "vpc", { cidrBlock: props.cidr, enableDnsHostnames: true });
    this.vpcId = this.vpc.id;
    this.internetGateway = new InternetGateway(this, "internet-gateway", { vpcId: this.vpcId });
    // Taking it over removes its rules; AWS's default lets its members talk to each other and to everyone.
    new DefaultSecurityGroup(this, "default-security-group", { vpcId: this.vpcId });
    this.s3EndpointId = new VpcEndpoint(this, "s3", {
      vpcId: this.vpcId,
      vpcEndpointType: "Gateway",
      serviceName: `com.amazonaws.${this.region}.s3`,
    }).id;

    this.zones = [...plan].map(([zone, cidrs]) => {
      const appliance = new PublicSubnet(new Construct(this, zone), "appliance", {
        vpcId: this.vpcId,
        zone,
        cidr: cidrs.appliance,
        internetGateway: this.internetGateway,
        s3EndpointId: this.s3EndpointId,
      });
      return {
        name: zone,
        applianceSubnetId: appliance.subnet.id,
        applianceCidr: cidrs.appliance,
        applianceEgress: appliance.egress,
        bastionCidr: cidrs.bastion,
      };
    });
  }
}

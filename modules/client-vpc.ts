import { DefaultSecurityGroup } from "@cdktf/provider-aws/lib/default-security-group";
import { InternetGateway } from "@cdktf/provider-aws/lib/internet-gateway";
import { RouteTable } from "@cdktf/provider-aws/lib/route-table";
import { RouteTableAssociation } from "@cdktf/provider-aws/lib/route-table-association";
import { Subnet } from "@cdktf/provider-aws/lib/subnet";
import { Vpc } from "@cdktf/provider-aws/lib/vpc";
import { Construct } from "constructs";
import { InspectedVpc, InspectedZone } from "./endpoint-insertion";
import { requireZones } from "./internal/availability-zone";
import { PublicSubnet } from "./internal/public-subnet";
import { planSubnets } from "./internal/subnet-plan";

/** Kinds of subnet of a {@link ClientVpc}, in the order of their addresses. */
export const CLIENT_SUBNETS = ["workload", "endpoint"] as const;

/** Props for {@link ClientVpc}. */
export interface ClientVpcProps {
  /** IPv4 CIDR of the VPC, /16 to /28. */
  readonly cidr: string;
  /** Availability Zones that get a workload subnet and an endpoint subnet; one or more, of one region. */
  readonly zones: readonly string[];
  /**
   * Prefix length of every subnet, /16 to /28.
   *
   * @default - a sixteenth of the VPC, at least the /28 that AWS asks for
   */
  readonly subnetPrefixLength?: number;
}

/** One Availability Zone of a {@link ClientVpc}. */
export interface ClientZone extends InspectedZone {
  /** Subnet of the workloads. */
  readonly workloadSubnetId: string;
  /** IPv4 CIDR of that subnet. */
  readonly workloadCidr: string;
  /** IPv4 CIDR of the endpoint's subnet. */
  readonly endpointCidr: string;
}

/**
 * The VPC whose traffic is inspected: per zone a subnet for workloads and one for the GWLB endpoint, which must not share one.
 *
 * Endpoint subnets lead to the internet gateway. Workload subnets lead nowhere until an `EndpointInsertion` says where,
 * so that no packet ever takes a way past the appliance.
 */
export class ClientVpc extends Construct implements InspectedVpc {
  /** The VPC. */
  readonly vpc: Vpc;
  /** The VPC's id. */
  readonly vpcId: string;
  /** IPv4 CIDR of the VPC. */
  readonly cidr: string;
  /** The way to and from the internet, with its 1:1 address translation. */
  readonly internetGateway: InternetGateway;
  /** The internet gateway's id. */
  readonly internetGatewayId: string;
  /** In the order of the props. */
  readonly zones: readonly ClientZone[];

  constructor(scope: Construct, id: string, props: ClientVpcProps) {
    super(scope, id);
    const where = this.node.path;
    requireZones(where, props.zones);
    const plan = planSubnets({ where, kinds: CLIENT_SUBNETS, ...props });

    this.cidr = props.cidr;
    this.vpc = new Vpc(this, "vpc", { cidrBlock: props.cidr, enableDnsHostnames: true });
    this.vpcId = this.vpc.id;
    this.internetGateway = new InternetGateway(this, "internet-gateway", { vpcId: this.vpcId });
    this.internetGatewayId = this.internetGateway.id;
    // Taking it over removes its rules; AWS's default lets its members talk to each other and to everyone.
    new DefaultSecurityGroup(this, "default-security-group", { vpcId: this.vpcId });

    this.zones = [...plan].map(([zone, cidrs]) => {
      const zoneScope = new Construct(this, zone);
      const workloadSubnet = new Subnet(zoneScope, "workload-subnet", {
        vpcId: this.vpcId,
        availabilityZone: zone,
        cidrBlock: cidrs.workload,
        // "Network vpc-0123 has some mapped public address(es)": the gateway cannot be detached before the subnet is empty.
        dependsOn: [this.internetGateway],
      });
      const workloadRouteTable = new RouteTable(zoneScope, "workload-route-table", { vpcId: this.vpcId });
      new RouteTableAssociation(zoneScope, "workload-association", {
        subnetId: workloadSubnet.id,
        routeTableId: workloadRouteTable.id,
      });
      const endpoint = new PublicSubnet(zoneScope, "endpoint", {
        vpcId: this.vpcId,
        zone,
        cidr: cidrs.endpoint,
        internetGateway: this.internetGateway,
      });
      return {
        name: zone,
        workloads: [{ cidr: cidrs.workload, routeTableId: workloadRouteTable.id }],
        workloadSubnetId: workloadSubnet.id,
        workloadCidr: cidrs.workload,
        endpointSubnetId: endpoint.subnet.id,
        endpointCidr: cidrs.endpoint,
      };
    });
  }
}

import { Route } from "@cdktf/provider-aws/lib/route";
import { RouteTable } from "@cdktf/provider-aws/lib/route-table";
import { RouteTableAssociation } from "@cdktf/provider-aws/lib/route-table-association";
import { Subnet } from "@cdktf/provider-aws/lib/subnet";
import { VpcEndpointRouteTableAssociation } from "@cdktf/provider-aws/lib/vpc-endpoint-route-table-association";
import { InternetGateway } from "@cdktf/provider-aws/lib/internet-gateway";
import { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";

/** Props for {@link PublicSubnet}. */
export interface PublicSubnetProps {
  /** VPC of the subnet. */
  readonly vpcId: string;
  /** Availability Zone of the subnet. */
  readonly zone: string;
  /** IPv4 CIDR of the subnet. */
  readonly cidr: string;
  /** Where the default route leads. */
  readonly internetGateway: InternetGateway;
  /**
   * S3 gateway endpoint whose routes the table gets, so that S3 is reached inside of AWS.
   *
   * @default - S3 is reached through the internet gateway
   */
  readonly s3EndpointId?: string;
}

/** A subnet with a route table of its own, whose default route is the internet gateway. */
export class PublicSubnet extends Construct {
  /** The subnet. */
  readonly subnet: Subnet;
  /** Its route table. */
  readonly routeTable: RouteTable;
  /** What an instance must depend on to find the internet when it boots. */
  readonly egress: readonly ITerraformDependable[];

  constructor(scope: Construct, id: string, props: PublicSubnetProps) {
    super(scope, id);
    const { vpcId, zone, cidr, internetGateway } = props;
    this.subnet = new Subnet(this, "subnet", {
      vpcId,
      availabilityZone: zone,
      cidrBlock: cidr,
      // An internet gateway cannot be detached while an instance has a public address: it goes after the subnet.
      // "Network vpc-0123 has some mapped public address(es). Please unmap those public address(es) before detaching the gateway."
      dependsOn: [internetGateway],
    });
    this.routeTable = new RouteTable(this, "route-table", { vpcId });
    const association = new RouteTableAssociation(this, "association", {
      subnetId: this.subnet.id,
      routeTableId: this.routeTable.id,
    });
    const route = new Route(this, "internet", {
      routeTableId: this.routeTable.id,
      destinationCidrBlock: "0.0.0.0/0",
      gatewayId: internetGateway.id,
    });
    if (props.s3EndpointId !== undefined) {
      new VpcEndpointRouteTableAssociation(this, "s3", {
        routeTableId: this.routeTable.id,
        vpcEndpointId: props.s3EndpointId,
      });
    }
    this.egress = [association, route];
  }
}

import { Route } from "@cdktf/provider-aws/lib/route";
import { RouteTable } from "@cdktf/provider-aws/lib/route-table";
import { RouteTableAssociation } from "@cdktf/provider-aws/lib/route-table-association";
import { VpcEndpoint } from "@cdktf/provider-aws/lib/vpc-endpoint";
import { Construct } from "constructs";

/** A subnet whose traffic is inspected. */
export interface InspectedWorkload {
  /** IPv4 CIDR of the subnet; the edge route table returns exactly this. */
  readonly cidr: string;
  /** The subnet's route table, which has no default route yet and is used by no subnet of another zone. */
  readonly routeTableId: string;
}

/** One Availability Zone of an {@link InspectedVpc}. */
export interface InspectedZone {
  /** `eu-west-1a`. */
  readonly name: string;
  /** Subnet of the endpoint: no workload's, and with a default route to the internet gateway. */
  readonly endpointSubnetId: string;
  /** Subnets of this zone whose traffic is inspected. */
  readonly workloads: readonly InspectedWorkload[];
}

/** A VPC to insert endpoints into; a `ClientVpc`, or a literal that describes a VPC which exists. */
export interface InspectedVpc {
  readonly vpcId: string;
  readonly internetGatewayId: string;
  readonly zones: readonly InspectedZone[];
}

/** Props for {@link EndpointInsertion}. */
export interface EndpointInsertionProps {
  /** Whose traffic is inspected. */
  readonly vpc: InspectedVpc;
  /** Name of the endpoint service: `GatewayLoadBalancerService.serviceName`, or one that another account offers. */
  readonly serviceName: string;
}

/**
 * A GWLB endpoint in each zone, and every route that makes traffic use it, both ways.
 *
 * ```text
 * out   workload subnet --default--> endpoint of its zone --> internet gateway
 * back  internet gateway --edge route table: the workload subnet's CIDR--> endpoint of the same zone --> workload
 * ```
 *
 * Both ways meet the same endpoint, because the appliance behind it keeps state of what it has seen.
 *
 * @see https://docs.aws.amazon.com/vpc/latest/privatelink/create-gateway-load-balancer-endpoint-service.html
 */
export class EndpointInsertion extends Construct {
  /** The endpoints, by zone. */
  readonly endpoints: ReadonlyMap<string, VpcEndpoint>;

  constructor(scope: Construct, id: string, props: EndpointInsertionProps) {
    super(scope, id);
    const { vpc, serviceName } = props;
    const edgeRouteTable = new RouteTable(this, "edge-route-table", { vpcId: vpc.vpcId });
    new RouteTableAssociation(this, "edge-association", {
      gatewayId: vpc.internetGatewayId,
      routeTableId: edgeRouteTable.id,
    });
    this.endpoints = new Map(
      vpc.zones.map((zone) => {
        const zoneScope = new Construct(this, zone.name);
        const endpoint = new VpcEndpoint(zoneScope, "endpoint", {
          vpcId: vpc.vpcId,
          vpcEndpointType: "GatewayLoadBalancer",
          serviceName,
          subnetIds: [zone.endpointSubnetId],
        });
        zone.workloads.forEach(({ cidr, routeTableId }, index) => {
          // The first has plain ids, so that a second workload subnet of a zone replaces no route of the first.
          const suffix = index === 0 ? "" : `-${String(index + 1)}`;
          new Route(zoneScope, `out${suffix}`, {
            routeTableId,
            destinationCidrBlock: "0.0.0.0/0",
            vpcEndpointId: endpoint.id,
          });
          new Route(zoneScope, `back${suffix}`, {
            routeTableId: edgeRouteTable.id,
            destinationCidrBlock: cidr,
            vpcEndpointId: endpoint.id,
          });
        });
        return [zone.name, endpoint];
      }),
    );
  }
}

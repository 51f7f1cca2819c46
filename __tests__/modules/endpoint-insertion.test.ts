import { InternetGateway } from "@cdktf/provider-aws/lib/internet-gateway";
import { Route } from "@cdktf/provider-aws/lib/route";
import { RouteTableAssociation } from "@cdktf/provider-aws/lib/route-table-association";
import { Subnet } from "@cdktf/provider-aws/lib/subnet";
import { VpcEndpoint } from "@cdktf/provider-aws/lib/vpc-endpoint";
import { ClientVpc } from "../../modules/client-vpc";
import { EndpointInsertion } from "../../modules/endpoint-insertion";
import { nextHop, subnetOf } from "../support/route-walk";
import { Synthesized, allDependencies, referred } from "../support/synth";

const serviceName = "com.amazonaws.vpce.eu-west-1.vpce-svc-0123";
const synthesize = (zones: string[]) =>
  new Synthesized((scope) => {
    const vpc = new ClientVpc(scope, "client", { cidr: "10.1.0.0/24", zones });
    new EndpointInsertion(scope, "insertion", { vpc, serviceName });
  });

describe.each([[["eu-west-1a"]], [["eu-west-1a", "eu-west-1b"]], [["eu-west-1c", "eu-west-1a", "eu-west-1b"]]])(
  "in %j",
  (zones) => {
    const stack = synthesize(zones);
    const gateway = stack.only(InternetGateway).ref;

    test.each(zones)("a packet of %s meets the endpoint of its zone, both ways", (zone) => {
      const endpoint = stack.at(VpcEndpoint, `insertion/${zone}/endpoint`);
      const workload = stack.at(Subnet, `client/${zone}/workload-subnet`);
      const cidr = workload.attributes["cidr_block"] as string;
      expect(subnetOf(stack, endpoint).attributes["availability_zone"]).toBe(zone);
      expect(nextHop(stack, workload.ref, "192.0.2.1")).toBe(endpoint.ref);
      expect(nextHop(stack, subnetOf(stack, endpoint).ref, "192.0.2.1")).toBe(gateway);
      expect(nextHop(stack, gateway, cidr)).toBe(endpoint.ref);
      expect(nextHop(stack, subnetOf(stack, endpoint).ref, cidr)).toBe("local");
    });

    test("the edge route table is the internet gateway's, and leads to endpoints only", () => {
      const edge = stack.all(RouteTableAssociation).filter(({ attributes }) => attributes["gateway_id"] !== undefined);
      expect(edge.map(({ attributes }) => referred(attributes["gateway_id"] as string))).toEqual([gateway]);
      const table = edge[0]?.attributes["route_table_id"] as string;
      const routes = stack.all(Route).filter(({ attributes }) => attributes["route_table_id"] === table);
      expect(routes).toHaveLength(zones.length);
      expect(routes.every(({ attributes }) => attributes["vpc_endpoint_id"] !== undefined)).toBe(true);
    });
  },
);

test("a packet from the internet to the endpoint subnet is not inspected again", () => {
  const stack = synthesize(["eu-west-1a"]);
  const endpointCidr = stack.at(Subnet, "client/eu-west-1a/endpoint/subnet").attributes["cidr_block"] as string;
  expect(nextHop(stack, stack.only(InternetGateway).ref, endpointCidr)).toBe("local");
});

test("a route is made after the endpoint that it leads to, and so destroyed before it", () => {
  const stack = synthesize(["eu-west-1a"]);
  const endpoint = stack.only(VpcEndpoint);
  const routes = stack.all(Route).filter(({ attributes }) => attributes["vpc_endpoint_id"] !== undefined);
  expect(routes).toHaveLength(2);
  for (const route of routes) expect(allDependencies(stack, route)).toContain(endpoint.ref);
  expect(allDependencies(stack, endpoint)).not.toContain(routes[0]?.ref);
});

test("a VPC that exists is described by a literal, with any number of workload subnets", () => {
  const stack = new Synthesized((scope) => {
    new EndpointInsertion(scope, "insertion", {
      serviceName,
      vpc: {
        vpcId: "vpc-0a1b",
        internetGatewayId: "igw-0a1b",
        zones: [
          {
            name: "eu-west-1a",
            endpointSubnetId: "subnet-0e",
            workloads: [
              { cidr: "10.9.1.0/24", routeTableId: "rtb-01" },
              { cidr: "10.9.2.0/24", routeTableId: "rtb-02" },
            ],
          },
        ],
      },
    });
  });
  const routes = stack
    .all(Route)
    .map(({ attributes }) => [attributes["route_table_id"], attributes["destination_cidr_block"]]);
  const edge = "${" + "aws_route_table.insertion_edge-route-table_";
  const named = routes.map(([table, to]) => `${String(table).startsWith(edge) ? "edge" : String(table)} ${String(to)}`);
  expect(named.sort()).toEqual(["edge 10.9.1.0/24", "edge 10.9.2.0/24", "rtb-01 0.0.0.0/0", "rtb-02 0.0.0.0/0"]);
  expect(stack.only(VpcEndpoint).attributes).toMatchObject({
    service_name: serviceName,
    subnet_ids: ["subnet-0e"],
    vpc_endpoint_type: "GatewayLoadBalancer",
    vpc_id: "vpc-0a1b",
  });
});

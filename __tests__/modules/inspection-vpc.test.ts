import { InternetGateway } from "@cdktf/provider-aws/lib/internet-gateway";
import { RouteTable } from "@cdktf/provider-aws/lib/route-table";
import { Subnet } from "@cdktf/provider-aws/lib/subnet";
import { VpcEndpoint } from "@cdktf/provider-aws/lib/vpc-endpoint";
import { VpcEndpointRouteTableAssociation } from "@cdktf/provider-aws/lib/vpc-endpoint-route-table-association";
import { InspectionVpc } from "../../modules/inspection-vpc";
import { nextHop } from "../support/route-walk";
import { Synthesized, referred } from "../support/synth";

const zones = ["eu-central-1a", "eu-central-1b"];
const synthesize = () =>
  new Synthesized((scope) => new InspectionVpc(scope, "inspection", { cidr: "10.2.0.0/24", zones }));

test("appliances reach the internet by the VPC's own gateway", () => {
  const stack = synthesize();
  const subnets = stack.all(Subnet);
  expect(subnets).toHaveLength(2);
  for (const { ref } of subnets) expect(nextHop(stack, ref, "192.0.2.1")).toBe(stack.only(InternetGateway).ref);
});

test("S3 is reached by a gateway endpoint of the region, from every route table", () => {
  const stack = synthesize();
  const endpoint = stack.only(VpcEndpoint);
  expect(endpoint.attributes).toMatchObject({
    vpc_endpoint_type: "Gateway",
    service_name: "com.amazonaws.eu-central-1.s3",
  });
  const associations = stack.all(VpcEndpointRouteTableAssociation).map(({ attributes }) => attributes);
  expect(associations.map(({ route_table_id }) => referred(route_table_id as string))).toEqual(
    stack.all(RouteTable).map(({ ref }) => ref),
  );
  expect(new Set(associations.map(({ vpc_endpoint_id }) => referred(vpc_endpoint_id as string)))).toEqual(
    new Set([endpoint.ref]),
  );
});

test("the zones' bastion CIDRs are known and free", () => {
  let bastionCidrs: string[] = [];
  const stack = new Synthesized((scope) => {
    const vpc = new InspectionVpc(scope, "inspection", { cidr: "10.2.0.0/24", zones });
    bastionCidrs = vpc.zones.map(({ bastionCidr }) => bastionCidr);
  });
  const used = stack.all(Subnet).map(({ attributes }) => attributes["cidr_block"] as string);
  expect(bastionCidrs).toEqual(["10.2.0.16/28", "10.2.0.48/28"]);
  expect(used).toEqual(["10.2.0.0/28", "10.2.0.32/28"]);
});

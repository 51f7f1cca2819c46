import { DefaultSecurityGroup } from "@cdktf/provider-aws/lib/default-security-group";
import { InternetGateway } from "@cdktf/provider-aws/lib/internet-gateway";
import { RouteTableAssociation } from "@cdktf/provider-aws/lib/route-table-association";
import { Subnet } from "@cdktf/provider-aws/lib/subnet";
import { ClientVpc } from "../../modules/client-vpc";
import { nextHop } from "../support/route-walk";
import { Synthesized, allDependencies } from "../support/synth";

const synthesize = (zones: string[]) =>
  new Synthesized((scope) => new ClientVpc(scope, "client", { cidr: "10.1.0.0/24", zones }));

test("without an insertion the workloads reach their VPC only, the endpoint subnets the internet", () => {
  const stack = synthesize(["eu-west-1a"]);
  const workload = stack.at(Subnet, "client/eu-west-1a/workload-subnet").ref;
  const endpoint = stack.at(Subnet, "client/eu-west-1a/endpoint/subnet").ref;
  expect(nextHop(stack, workload, "192.0.2.1")).toBeUndefined();
  expect(nextHop(stack, workload, "10.1.0.20")).toBe("local");
  expect(nextHop(stack, endpoint, "192.0.2.1")).toBe(stack.only(InternetGateway).ref);
});

test.each([[["eu-west-1a"]], [["eu-west-1a", "eu-west-1b"]], [["eu-west-1a", "eu-west-1b", "eu-west-1c"]]])(
  "every subnet of %j has a route table of its own and lies in its zone",
  (zones) => {
    const stack = synthesize(zones);
    const subnets = stack.all(Subnet);
    const tables = stack.all(RouteTableAssociation).map(({ attributes }) => attributes["route_table_id"] as string);
    expect(subnets).toHaveLength(zones.length * 2);
    expect(new Set(tables).size).toBe(subnets.length);
    expect(new Set(subnets.map(({ attributes }) => attributes["availability_zone"] as string))).toEqual(new Set(zones));
  },
);

test("the internet gateway outlives the subnets, whose public addresses it carries", () => {
  const stack = synthesize(["eu-west-1a"]);
  const gateway = stack.only(InternetGateway).ref;
  for (const subnet of stack.all(Subnet)) expect(allDependencies(stack, subnet)).toContain(gateway);
});

test("the default security group is taken over and has no rule", () => {
  const { attributes } = synthesize(["eu-west-1a"]).only(DefaultSecurityGroup);
  expect(attributes).not.toHaveProperty("ingress");
  expect(attributes).not.toHaveProperty("egress");
});

test("fails with a zone twice, before any resource is defined", () => {
  expect(() => synthesize(["eu-west-1a", "eu-west-1a"])).toThrow(
    new Error("test/client: zones must differ, got 'eu-west-1a' twice; remove one"),
  );
});

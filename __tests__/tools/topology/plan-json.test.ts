import { readTopology } from "../../../tools/topology/read-topology";

test.each([
  [[], "plan JSON: expected an object, got a list; run `terraform show -json <plan file>` and pass what it prints"],
  [null, "plan JSON: expected an object, got nothing; run `terraform show -json <plan file>` and pass what it prints"],
  ["x", "plan JSON: expected an object, got a string; run `terraform show -json <plan file>` and pass what it prints"],
  [
    {},
    "plan JSON: expected format_version, got no keys; run `terraform show -json <plan file>` and pass what it prints",
  ],
  [
    { name: 1, dependencies: 2 },
    "plan JSON: expected format_version, got name, dependencies; run `terraform show -json <plan file>` and pass what it prints",
  ],
  [
    { format_version: "2.0", planned_values: {} },
    'plan JSON: format_version must be 1.x, got "2.0"; use Terraform 0.14 to 1.x',
  ],
  [
    { format_version: "1.2", planned_values: {} },
    "plan JSON: expected a root_module, got nothing; run `terraform show -json <plan file>` and pass what it prints",
  ],
  [
    { format_version: "1.2", errored: true },
    "plan JSON: the plan is incomplete, got errored true; mend the errors that `terraform plan` printed",
  ],
  [
    { version: 4, lineage: "x", resources: [] },
    "plan JSON: this is a raw state file, got version 4; run `terraform show -json <state file>` and pass what it prints",
  ],
  [
    { terraform: {}, resource: {} },
    "plan JSON: this is a configuration, got a Terraform JSON file; pass its directory, so that it is planned first",
  ],
  [
    { Resources: {} },
    "plan JSON: this is a CloudFormation template, got Resources; only Terraform is understood: run `terraform show -json <plan file>` and pass what it prints",
  ],
])("fails for %j", (json, message) => {
  expect(() => readTopology(json)).toThrow(message);
});

test("fails for modules without end", () => {
  let module: object = { resources: [] };
  for (let i = 0; i < 100; i++) module = { child_modules: [module] };
  expect(() => readTopology({ format_version: "1.0", values: { root_module: module } })).toThrow(
    "plan JSON: modules may nest 64 deep, got more; flatten them",
  );
});

test("an empty state is an empty topology", () => {
  const topology = readTopology({ format_version: "1.0", terraform_version: "1.11.4" });
  expect([topology.vpcs, topology.notes]).toEqual([[], []]);
});

test("values of the wrong type are no values", () => {
  const values = { id: 7, cidr_block: ["10.0.0.0/8"], tags: "x", route: "y", ipv6_cidr_block: "ipv6-cidr-block-1234" };
  const resource = (type: string) => ({ address: `${type}.x`, mode: "managed", type, name: "x", values });
  const types = [
    "aws_vpc",
    "aws_subnet",
    "aws_route_table",
    "aws_route",
    "aws_instance",
    "aws_vpc_endpoint",
    "aws_lb",
    "aws_lb_target_group",
    "aws_security_group",
    "aws_network_acl",
    "aws_nat_gateway",
  ];
  const topology = readTopology({
    format_version: "1.0",
    values: { root_module: { resources: [...types.map(resource), null, 5, { address: 3 }] } },
  });
  expect(topology.vpcs).toEqual([{ id: "<aws_vpc.x>", address: "aws_vpc.x", tags: {}, ipv4Cidrs: [], ipv6Cidrs: [] }]);
});

describe("what data sources found", () => {
  const resource = (mode: "data" | "managed", type: string, name: string, values: object) => ({
    ...{ address: `${mode === "data" ? "data." : ""}${type}.${name}`, mode, type, name, values },
  });
  const topologyOf = (managed: object[], found: object[]) =>
    readTopology({
      format_version: "1.2",
      planned_values: { root_module: { resources: managed } },
      prior_state: { values: { root_module: { resources: found } } },
    });
  const table = {
    ...{ id: "rtb-1", route_table_id: "rtb-1", vpc_id: "vpc-1" },
    routes: [{ cidr_block: "0.0.0.0/0", gateway_id: "igw-1", nat_gateway_id: "" }],
    associations: [
      { route_table_id: "rtb-1", subnet_id: "subnet-1", gateway_id: "", main: false },
      { route_table_id: "rtb-1", subnet_id: "", gateway_id: "", main: true },
    ],
  };

  test("a route table has its routes and subnets, and those that the plan adds", () => {
    const added = resource("managed", "aws_route", "out", {
      ...{ route_table_id: "rtb-1", destination_cidr_block: "198.51.100.0/24", vpc_endpoint_id: "vpce-1" },
    });
    const topology = topologyOf([added], [resource("data", "aws_route_table", "t", table)]);
    expect(topology.routeTables.map(({ id, vpcId, routes }) => [id, vpcId, routes.map((it) => it.target)])).toEqual([
      [
        "rtb-1",
        "vpc-1",
        [
          { kind: "internet gateway", id: "igw-1" },
          { kind: "VPC endpoint", id: "vpce-1" },
        ],
      ],
    ]);
    expect(topology.associations).toEqual([
      { address: "data.aws_route_table.t", subnetId: "subnet-1", gatewayId: undefined, routeTableId: "rtb-1" },
    ]);
  });

  test("is there once, and not at all where the plan makes it itself", () => {
    const made = resource("managed", "aws_route_table", "t", { id: "rtb-2", vpc_id: "vpc-1" });
    const found = [
      resource("data", "aws_route_table", "a", table),
      resource("data", "aws_route_table", "b", table),
      resource("data", "aws_route_table", "c", { ...table, id: "rtb-2" }),
    ];
    expect(topologyOf([made], found).routeTables.map(({ address }) => address)).toEqual([
      "aws_route_table.t",
      "data.aws_route_table.a",
    ]);
  });
});

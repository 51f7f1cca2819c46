import { readTopology } from "../../../tools/topology/read-topology";
import { Topology } from "../../../tools/topology/topology";
import { roundTrip, walk, WalkRequest } from "../../../tools/topology/walk";

type Values = Readonly<Record<string, unknown>>;
type Given = readonly (readonly [string, Values])[];

/** A VPC 10.0.0.0/16 with subnets a (10.0.1.0/24) and b (10.0.2.0/24), a host in each, an internet gateway and one table. */
const BASE: Given = [
  [
    "aws_vpc.v",
    { id: "vpc", cidr_block: "10.0.0.0/16", ipv6_cidr_block: "2001:db8:1::/56", main_route_table_id: "rtb" },
  ],
  [
    "aws_subnet.a",
    {
      id: "subnet-a",
      vpc_id: "vpc",
      cidr_block: "10.0.1.0/24",
      ipv6_cidr_block: "2001:db8:1:1::/64",
      availability_zone: "z-a",
    },
  ],
  ["aws_subnet.b", { id: "subnet-b", vpc_id: "vpc", cidr_block: "10.0.2.0/24", availability_zone: "z-b" }],
  ["aws_internet_gateway.igw", { id: "igw", vpc_id: "vpc" }],
  ["aws_security_group.open", { id: "sg", vpc_id: "vpc", ingress: [all()], egress: [all()] }],
  ["aws_route_table.t", { id: "rtb", vpc_id: "vpc" }],
  host("a", "10.0.1.4", { public_ip: "203.0.113.1", ipv6_addresses: ["2001:db8:1:1::4"] }),
  host("b", "10.0.2.4", {}),
];

function all(): Values {
  return { protocol: "-1", from_port: 0, to_port: 0, cidr_blocks: ["0.0.0.0/0"], ipv6_cidr_blocks: ["::/0"] };
}

function host(name: string, privateIp: string, more: Values): readonly [string, Values] {
  return [
    `aws_instance.${name}`,
    {
      id: `i-${name}`,
      subnet_id: `subnet-${name}`,
      private_ip: privateIp,
      vpc_security_group_ids: ["sg"],
      source_dest_check: true,
      ...more,
    },
  ];
}

function route(destination: string, target: Values): readonly [string, Values] {
  const name = destination.includes(":") ? "destination_ipv6_cidr_block" : "destination_cidr_block";
  return [`aws_route.${destination.replaceAll(/\W/g, "_")}`, { route_table_id: "rtb", [name]: destination, ...target }];
}

/** Later resources replace earlier ones of the same address. */
function network(...given: Given): Topology {
  const byAddress = new Map([...BASE, ...given]);
  const resources = [...byAddress].map(([address, values]) => ({
    address,
    mode: "managed",
    type: address.split(".")[0],
    name: address.split(".")[1],
    values,
  }));
  return readTopology({ format_version: "1.0", values: { root_module: { resources } } });
}

/** The way and the verdict of a round trip, in a few words. */
function trip(topology: Topology, request: Partial<WalkRequest> = {}): string {
  const { out, back, verdict } = roundTrip(topology, {
    from: "aws_instance.a",
    to: "internet",
    protocol: "tcp",
    ...request,
  });
  const way = [...out.hops, ...(back?.hops ?? [])]
    .filter((hop) => hop.kind !== "VPC router" && hop.kind !== "host")
    .map((hop) => hop.kind);
  return `${way.join(" > ")}: ${verdict.kind}${"why" in verdict ? ` at ${verdict.where}: ${verdict.why}` : ""}`;
}

const toInternet = route("0.0.0.0/0", { gateway_id: "igw" });

test.each<readonly [string, Topology, Partial<WalkRequest>, string]>([
  [
    "the internet, both ways",
    network(toInternet),
    {},
    "internet gateway > internet > internet > internet gateway: delivered",
  ],
  ["no route", network(), {}, ": dropped at aws_route_table.t: no route to 198.51.100.10"],
  [
    "a host without a public address",
    network(toInternet),
    { from: "aws_instance.b" },
    "internet gateway: dropped at aws_internet_gateway.igw: aws_instance.b (10.0.2.4) has no public IPv4 address to be translated to",
  ],
  [
    "an internet gateway of no VPC",
    network(toInternet, ["aws_internet_gateway.igw", { id: "igw" }]),
    {},
    ": cannot determine at aws_internet_gateway.igw: the VPC that it is attached to is not known",
  ],
  [
    "a private address on the internet",
    network(toInternet),
    { to: "192.168.1.1" },
    "internet gateway: dropped at aws_internet_gateway.igw: 192.168.1.1 is no address of the internet",
  ],
  [
    "a blackhole that is not in the plan",
    network(route("0.0.0.0/0", { nat_gateway_id: "nat-x" })),
    {},
    ": cannot determine at VPC router, aws_subnet.a: aws_route.0_0_0_0_0 leads to NAT gateway nat-x, which is not in the state",
  ],
  [
    "IPv6 by the internet gateway",
    network(route("::/0", { gateway_id: "igw" })),
    { family: "ipv6" },
    "internet gateway > internet > internet > internet gateway: delivered",
  ],
  [
    "IPv6 by an egress-only internet gateway",
    network(route("::/0", { egress_only_gateway_id: "eigw" }), [
      "aws_egress_only_internet_gateway.e",
      { id: "eigw", vpc_id: "vpc" },
    ]),
    { family: "ipv6" },
    "egress-only internet gateway > internet > internet > egress-only internet gateway: delivered",
  ],
  [
    "IPv6 of a host that has none",
    network(toInternet),
    { from: "aws_instance.b", family: "ipv6" },
    ": dropped at aws_instance.b: it has no IPv6 address",
  ],
  ["the VPC itself", network(), { to: "aws_instance.b" }, ": delivered"],
  [
    "an address that nobody has",
    network(),
    { to: "10.0.2.77" },
    ": cannot determine at aws_subnet.b: no interface with 10.0.2.77 is in the state",
  ],
  [
    "an address of no subnet",
    network(),
    { to: "10.0.77.7" },
    ": dropped at aws_vpc.v: no subnet of aws_vpc.v holds 10.0.77.7",
  ],
  [
    "in from the internet",
    network(toInternet),
    { from: "internet", to: "aws_instance.a" },
    "internet > internet gateway > internet gateway > internet: delivered",
  ],
  [
    "in to a host without a public address",
    network(toInternet),
    { from: "internet", to: "aws_instance.b" },
    "internet: dropped at the internet: aws_instance.b has no public IPv4 address",
  ],
  [
    "a gateway endpoint",
    network(
      ["aws_ec2_managed_prefix_list.s3", { id: "pl-1", entry: [{ cidr: "198.51.100.0/24" }] }],
      [
        "aws_vpc_endpoint.s3",
        { id: "vpce-s3", vpc_id: "vpc", service_name: "com.amazonaws.eu-west-1.s3", route_table_ids: ["rtb"] },
      ],
      ["aws_route.s3", { route_table_id: "rtb", destination_prefix_list_id: "pl-1", vpc_endpoint_id: "vpce-s3" }],
    ),
    {},
    ": dropped at aws_vpc_endpoint.s3: an endpoint of type Gateway is no route target for forwarded packets",
  ],
  [
    "a VPN",
    network(route("0.0.0.0/0", { gateway_id: "vgw-1" })),
    {},
    "other gateway: cannot determine at VPC router, aws_subnet.a: what is beyond virtual private gateway vgw-1 is not in the state",
  ],
])("%s", (_, topology, request, expected) => {
  expect(trip(topology, request)).toBe(expected);
});

describe("an instance that forwards", () => {
  const forwarder = (sourceDestCheck: boolean): Given => [
    host("fw", "10.0.2.9", {
      subnet_id: "subnet-b",
      primary_network_interface_id: "eni-fw",
      source_dest_check: sourceDestCheck,
    }),
    route("172.16.0.0/12", { network_interface_id: "eni-fw" }),
    ["aws_route_table.own", { id: "rtb-own", vpc_id: "vpc" }],
    ["aws_route_table_association.own", { subnet_id: "subnet-b", route_table_id: "rtb-own" }],
  ];
  test("is stopped by its source/destination check", () => {
    expect(trip(network(...forwarder(true)), { to: "172.16.1.1" })).toBe(
      "network interface: dropped at aws_instance.fw: its source/destination check is on",
    );
  });
  test("forwards without it, by its own subnet's table", () => {
    expect(trip(network(...forwarder(false)), { to: "172.16.1.1" })).toBe(
      "network interface: dropped at aws_route_table.own: no route to 172.16.1.1",
    );
  });
});

describe("a peering connection", () => {
  const peer: Given = [
    ["aws_vpc.peer", { id: "vpc-peer", cidr_block: "10.9.0.0/16", main_route_table_id: "rtb-peer" }],
    ["aws_subnet.p", { id: "subnet-p", vpc_id: "vpc-peer", cidr_block: "10.9.1.0/24", availability_zone: "z-a" }],
    ["aws_vpc_peering_connection.pcx", { id: "pcx", vpc_id: "vpc", peer_vpc_id: "vpc-peer" }],
    host("p", "10.9.1.4", {}),
    route("10.0.0.0/8", { vpc_peering_connection_id: "pcx" }),
  ];
  test("leads to the peer, whose way back needs a route too", () => {
    expect(trip(network(...peer), { to: "aws_instance.p" })).toBe(
      "peering connection: dropped at main route table of aws_vpc.peer: no route to 10.0.1.4",
    );
    const back = [
      "aws_route.back",
      { route_table_id: "rtb-peer", destination_cidr_block: "10.0.0.0/16", vpc_peering_connection_id: "pcx" },
    ] as const;
    expect(trip(network(...peer, back), { to: "aws_instance.p" })).toBe(
      "peering connection > peering connection: delivered",
    );
  });
  test("does not lead beyond the peer", () => {
    expect(trip(network(...peer), { to: "10.77.1.1" })).toBe(
      "peering connection: dropped at aws_vpc_peering_connection.pcx: 10.77.1.1 is not in aws_vpc.peer, and peering does not lead beyond it",
    );
  });
});

describe("network ACLs", () => {
  const acl = (ingress: readonly Values[], egress: readonly Values[]): Given => [
    ["aws_network_acl.n", { id: "acl", vpc_id: "vpc", subnet_ids: ["subnet-b"], ingress, egress }],
  ];
  const rule = (number: number, action: string, from: number, to: number, protocol = "tcp"): Values => ({
    rule_no: number,
    action,
    protocol,
    from_port: from,
    to_port: to,
    cidr_block: "0.0.0.0/0",
  });
  test.each([
    [
      "the first matching rule decides",
      acl([rule(100, "deny", 443, 443), rule(200, "allow", 0, 65535)], [rule(100, "allow", 0, 65535)]),
      ": dropped at network ACL aws_network_acl.n: ingress: rule 100 denies it",
    ],
    [
      "without a matching rule the packet is denied",
      acl([], []),
      ": dropped at network ACL aws_network_acl.n: ingress: no rule matches",
    ],
    [
      "replies need a rule for ephemeral ports",
      acl([rule(100, "allow", 443, 443)], [rule(100, "allow", 443, 443)]),
      ": dropped at network ACL aws_network_acl.n: egress: no rule matches",
    ],
    [
      "replies with one pass",
      acl([rule(100, "allow", 443, 443)], [rule(100, "allow", 1024, 65535, "6")]),
      ": delivered",
    ],
  ])("%s", (_, given, expected) => {
    expect(trip(network(...given), { to: "aws_instance.b" })).toBe(expected);
  });
});

describe("security groups", () => {
  const group = (ingress: readonly Values[]): Given => [
    ["aws_security_group.b", { id: "sg-b", vpc_id: "vpc", ingress, egress: [all()] }],
    host("b", "10.0.2.4", { vpc_security_group_ids: ["sg-b"] }),
  ];
  const tcp443 = { protocol: "tcp", from_port: 443, to_port: 443 };
  test.each<readonly [string, Given, string]>([
    [
      "a rule for another port does not let the packet in",
      group([{ ...tcp443, to_port: 400, from_port: 400, cidr_blocks: ["0.0.0.0/0"] }]),
      ": dropped at security group aws_security_group.b: ingress: no ingress rule matches",
    ],
    [
      "a rule for higher ports does not either",
      group([{ ...tcp443, from_port: 444, to_port: 500, cidr_blocks: ["0.0.0.0/0"] }]),
      ": dropped at security group aws_security_group.b: ingress: no ingress rule matches",
    ],
    ["a rule can name the sender's group", group([{ ...tcp443, security_groups: ["sg"] }]), ": delivered"],
    [
      "a rule can name a prefix list",
      [
        ...group([{ ...tcp443, prefix_list_ids: ["pl-1"] }]),
        ["aws_ec2_managed_prefix_list.l", { id: "pl-1", entry: [{ cidr: "10.0.0.0/8" }] }],
      ],
      ": delivered",
    ],
    [
      "a prefix list of AWS is not judged",
      group([{ ...tcp443, prefix_list_ids: ["pl-9"] }]),
      ": cannot determine at security group aws_security_group.b: ingress: aws_security_group.b: the entries of pl-9 are not in the state",
    ],
    [
      "a group that is not in the state is not judged",
      [host("b", "10.0.2.4", { vpc_security_group_ids: ["sg-x"] })],
      ": cannot determine at security group sg-x: ingress: sg-x is not in the state",
    ],
    [
      "a default security group lets in its members only",
      [host("b", "10.0.2.4", { vpc_security_group_ids: [] })],
      ": dropped at security group the VPC's default security group: ingress: a default security group lets in its members only",
    ],
  ])("%s", (_, given, expected) => {
    expect(trip(network(...given), { to: "aws_instance.b" })).toBe(expected);
  });
});

test("a transit gateway cannot be reached from a zone in which it has no subnet", () => {
  const topology = network(
    ["aws_ec2_transit_gateway.t", { id: "tgw" }],
    [
      "aws_ec2_transit_gateway_vpc_attachment.v",
      { id: "att", transit_gateway_id: "tgw", vpc_id: "vpc", subnet_ids: ["subnet-b"] },
    ],
    route("10.0.0.0/8", { transit_gateway_id: "tgw" }),
  );
  expect(trip(topology, { to: "10.77.1.1" })).toBe(
    ": dropped at aws_ec2_transit_gateway_vpc_attachment.v: it has no subnet in zone z-a, so hosts of that zone cannot reach the transit gateway",
  );
  expect(walk(topology, { from: "aws_instance.b", to: "10.77.1.1", protocol: "tcp" }).verdict).toMatchObject({
    kind: "dropped",
    why: "no route to 10.77.1.1",
  });
});

describe("what exists already, read by data sources", () => {
  const planOf = (edge: boolean) => {
    const data = (type: string, name: string, values: Values) => ({
      address: `data.${type}.${name}`,
      mode: "data",
      type,
      name,
      values,
    });
    const managed = (type: string, name: string, values: Values) => ({
      address: `${type}.${name}`,
      mode: "managed",
      type,
      name,
      values,
    });
    const existing = [
      data("aws_vpc", "v", { id: "vpc", cidr_block: "10.0.0.0/16", main_route_table_id: "rtb-main" }),
      data("aws_subnet", "s", { id: "subnet", vpc_id: "vpc", cidr_block: "10.0.1.0/24", availability_zone: "z" }),
      data("aws_internet_gateway", "i", { id: "igw", attachments: [{ vpc_id: "vpc", state: "available" }] }),
    ];
    const own = [
      managed("aws_route_table", "t", {
        id: "rtb",
        vpc_id: "vpc",
        route: [{ cidr_block: "0.0.0.0/0", gateway_id: "igw" }],
      }),
      ...(edge ? [managed("aws_route_table_association", "a", { subnet_id: "subnet", route_table_id: "rtb" })] : []),
    ];
    return readTopology({
      format_version: "1.2",
      planned_values: { root_module: { resources: own } },
      prior_state: { values: { root_module: { resources: existing } } },
    });
  };
  test("a route table that the plan does not hold is not guessed", () => {
    expect(trip(planOf(false), { from: "data.aws_subnet.s" })).toBe(
      ": cannot determine at VPC router, data.aws_subnet.s: data.aws_subnet.s exists already, with a route table that is not in the plan",
    );
  });
  test("one that the plan associates is used, and the way back is not guessed", () => {
    expect(trip(planOf(true), { from: "data.aws_subnet.s" })).toBe(
      "internet gateway > internet > internet > internet gateway: cannot determine at VPC router, edge of data.aws_internet_gateway.i: data.aws_internet_gateway.i exists already, with or without a route table",
    );
  });
});

test("an instance may name its security groups in either argument", () => {
  const older = host("b", "10.0.2.4", { vpc_security_group_ids: [], security_groups: ["sg-open"] });
  const group = ["aws_security_group.o", { id: "sg-open", vpc_id: "vpc", ingress: [all()], egress: [all()] }] as const;
  expect(trip(network(older, group), { to: "aws_instance.b" })).toBe(": delivered");
});

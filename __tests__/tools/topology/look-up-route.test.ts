import { lookUpRoute } from "../../../tools/topology/look-up-route";
import { parseAddress } from "../../../tools/topology/prefix";
import { readTopology } from "../../../tools/topology/read-topology";
import { Topology } from "../../../tools/topology/topology";

type Values = Readonly<Record<string, unknown>>;

/** A VPC 10.0.0.0/16 with one route table, and whatever else is given. */
function network(...resources: readonly (readonly [string, Values])[]): Topology {
  const all: readonly (readonly [string, Values])[] = [
    ["aws_vpc", { id: "vpc", cidr_block: "10.0.0.0/16" }],
    ["aws_route_table", { id: "rtb", vpc_id: "vpc" }],
    ...resources,
  ];
  return readTopology({
    format_version: "1.0",
    values: {
      root_module: {
        resources: all.map(([type, values], i) => ({
          mode: "managed",
          type,
          name: `r${i}`,
          address: `${type}.r${i}`,
          values,
        })),
      },
    },
  });
}

const route = (destination: string, gateway: string) =>
  [
    "aws_route",
    {
      route_table_id: "rtb",
      [destination.startsWith("pl-") ? "destination_prefix_list_id" : "destination_cidr_block"]: destination,
      gateway_id: gateway,
    },
  ] as const;
const list = (id: string, ...cidrs: string[]) =>
  ["aws_ec2_managed_prefix_list", { id, entry: cidrs.map((cidr) => ({ cidr })) }] as const;
const vpn = [
  ["aws_vpn_gateway_route_propagation", { route_table_id: "rtb", vpn_gateway_id: "vgw-1" }],
  ["aws_vpn_connection", { id: "vpn-1", vpn_gateway_id: "vgw-1" }],
] as const;
const learned = (cidr: string) =>
  ["aws_vpn_connection_route", { vpn_connection_id: "vpn-1", destination_cidr_block: cidr }] as const;

/** The target of the chosen route, or what else the lookup said. */
function target(topology: Topology, destination: string): string {
  const [table] = topology.routeTables;
  const address = parseAddress(destination);
  if (!table || !address) throw new Error(`no table or address: ${destination}`);
  const found = lookUpRoute(topology, table, address);
  if (found.kind === "route") return "id" in found.route.target ? found.route.target.id : found.route.target.kind;
  return found.kind === "none" ? "none" : found.why;
}

test.each([
  [
    "the longest prefix wins",
    network(route("0.0.0.0/0", "igw-1"), route("198.51.0.0/16", "igw-2")),
    "198.51.100.1",
    "igw-2",
  ],
  ["the VPC's own addresses are local", network(route("0.0.0.0/0", "igw-1")), "10.0.9.9", "local"],
  ["a more specific route beats the local one", network(route("10.0.1.0/24", "igw-1")), "10.0.1.1", "igw-1"],
  ["a route with the VPC's CIDR replaces the local one", network(route("10.0.0.0/16", "igw-1")), "10.0.1.1", "igw-1"],
  ["nothing matches", network(), "198.51.100.1", "none"],
  [
    "the local route beats a propagated one, even a more specific one",
    network(...vpn, learned("10.0.1.0/24")),
    "10.0.1.1",
    "local",
  ],
  ["a propagated route is used", network(...vpn, learned("172.16.0.0/12")), "172.16.1.1", "vgw-1"],
  [
    "a static route beats a propagated one with its CIDR",
    network(...vpn, learned("172.16.0.0/12"), route("172.16.0.0/12", "igw-1")),
    "172.16.1.1",
    "igw-1",
  ],
  [
    "a more specific propagated route beats a static one",
    network(...vpn, learned("172.16.1.0/24"), route("172.16.0.0/12", "igw-1")),
    "172.16.1.1",
    "vgw-1",
  ],
  [
    "a prefix list's entries are routes",
    network(list("pl-1", "198.51.0.0/16"), route("pl-1", "igw-1"), route("0.0.0.0/0", "igw-2")),
    "198.51.1.1",
    "igw-1",
  ],
  [
    "a prefix list beats an overlapping propagated route",
    network(...vpn, learned("172.16.1.0/24"), list("pl-1", "172.16.0.0/12"), route("pl-1", "igw-1")),
    "172.16.1.1",
    "igw-1",
  ],
  [
    "a static route beats a prefix list with its CIDR",
    network(list("pl-1", "172.16.0.0/12"), route("pl-1", "igw-1"), route("172.16.0.0/12", "igw-2")),
    "172.16.1.1",
    "igw-2",
  ],
  [
    "two prefix lists with one CIDR cannot be told apart",
    network(
      list("pl-1", "172.16.0.0/12"),
      list("pl-2", "172.16.0.0/12"),
      route("pl-1", "igw-1"),
      route("pl-2", "igw-2"),
    ),
    "172.16.1.1",
    "172.16.0.0/12 is in two prefix lists, and AWS chooses one at random: aws_route.r4, aws_route.r5",
  ],
  ["IPv6 has its own routes", network(route("0.0.0.0/0", "igw-1")), "2001:db8::1", "none"],
  [
    "a second CIDR block of the VPC is local",
    network(
      ["aws_vpc_ipv4_cidr_block_association", { vpc_id: "vpc", cidr_block: "100.64.0.0/16" }],
      route("100.0.0.0/8", "igw-1"),
    ),
    "100.64.1.1",
    "local",
  ],
])("%s", (_, topology, destination, expected) => {
  expect(target(topology, destination)).toBe(expected);
});

test("a route whose table is not known makes lookups that it could win undetermined, and no others", () => {
  const stray = ["aws_route", { destination_cidr_block: "198.51.100.0/24", gateway_id: "igw-9" }] as const;
  const topology = network(route("0.0.0.0/0", "igw-1"), stray);
  expect(target(topology, "203.0.113.1")).toBe("igw-1");
  expect(target(topology, "198.51.100.1")).toBe("aws_route.r3 (198.51.100.0/24) may be in this route table");
});

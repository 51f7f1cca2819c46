import { spawnSync } from "node:child_process";
import { parsePrefix, addressAt, formatAddress, formatPrefix, overlaps, Prefix } from "../../../tools/topology/prefix";
import { readTopology } from "../../../tools/topology/read-topology";
import { Topology } from "../../../tools/topology/topology";
import { walk } from "../../../tools/topology/walk";
import { describeAsRoot, withNamespaces } from "../../support/namespaces";

const VPCS = 24;
const ROUTES_PER_TABLE = 24;
const LOOKUPS_PER_TABLE = 480;
const SEED = Number(process.env.ROUTE_SEED ?? 20_261_122);

/** Devices of the kernel stand for targets: one for each kind that a route can name. */
const TARGETS = [
  "gateway_id=igw-1",
  "gateway_id=vgw-1",
  "nat_gateway_id=nat-1",
  "vpc_endpoint_id=vpce-1",
  "transit_gateway_id=tgw-1",
  "vpc_peering_connection_id=pcx-1",
  "network_interface_id=eni-1",
  "egress_only_gateway_id=eigw-1",
  "carrier_gateway_id=cagw-1",
  "local_gateway_id=lgw-1",
  "core_network_arn=arn-1",
];

interface Table {
  readonly subnet: string;
  readonly kernelTable: number;
  /** Prefix to the device that the kernel shall use. */
  readonly routes: ReadonlyMap<string, string>;
}

describeAsRoot("the kernel's routing tables", () => {
  test("choose the next hop that a walk takes, for more than 10,000 random packets", async () => {
    const random = generator(SEED);
    const { planJson, tables } = randomNetwork(random);
    const topology = readTopology(planJson);
    const questions = tables.flatMap((table) =>
      destinations(random, table).map((destination) => ({ table, destination })),
    );
    expect(questions.length).toBeGreaterThanOrEqual(10_000);
    const kernel = await withNamespaces({ hosts: ["router"] }, ({ nameOf }) =>
      askKernel(nameOf("router"), tables, questions),
    );
    const wrong = questions.flatMap(({ table, destination }, i) => {
      const ours = nextHop(topology, table.subnet, destination);
      return ours === kernel[i] ? [] : [{ seed: SEED, subnet: table.subnet, destination, ours, kernel: kernel[i] }];
    });
    expect(wrong).toEqual([]);
    const answers = new Set(kernel);
    expect([...answers].sort()).toEqual([...TARGETS.map((_, i) => `t${i}`), "tlocal", "tnone"].sort());
  }, 120_000);
});

/** What the first router hop of a walk says, as a device's name. */
function nextHop(topology: Topology, from: string, to: string): string {
  const { hops } = walk(topology, { from, to, protocol: "tcp" });
  const router = hops.find((hop) => hop.kind === "VPC router");
  if (!router?.route) return "tnone";
  if (router.route.target === "local") return "tlocal";
  const id = router.route.target.split(" ").at(-1) ?? "";
  return `t${TARGETS.findIndex((target) => target.endsWith(`=${id}`))}`;
}

function askKernel(
  namespace: string,
  tables: readonly Table[],
  questions: readonly { table: Table; destination: string }[],
): readonly string[] {
  const devices = [...TARGETS.map((_, i) => `t${i}`), "tlocal", "tnone"];
  const setUp = [
    ...devices.flatMap((device) => [
      `link add ${device} type veth peer name peer-${device}`,
      `link set ${device} up`,
      `link set peer-${device} up`,
    ]),
    "address add 169.254.99.1/32 dev lo",
    "-6 address add fd99::1/128 dev lo nodad",
    ...tables.flatMap(({ kernelTable, routes }) => [
      `rule add fwmark ${kernelTable} lookup ${kernelTable}`,
      `-6 rule add fwmark ${kernelTable} lookup ${kernelTable}`,
      `route add default dev tnone table ${kernelTable} metric 4000000000`,
      `-6 route add default dev tnone table ${kernelTable} metric 4000000000`,
      ...[...routes].map(
        ([prefix, device]) =>
          `${prefix.includes(":") ? "-6 " : ""}route add ${prefix} dev ${device} table ${kernelTable} metric 100`,
      ),
    ]),
  ];
  for (const family of ["-4", "-6"]) {
    const own = setUp
      .filter((line) => (line.startsWith("-6 ") ? family === "-6" : family === "-4"))
      .map((line) => line.replace(/^-6 /, ""));
    batch(namespace, family, own);
  }
  const answers = new Map<string, string[]>();
  for (const family of ["-4", "-6"]) {
    const own = questions.filter(({ destination }) => destination.includes(":") === (family === "-6"));
    const lines = batch(
      namespace,
      family,
      own.map(({ table, destination }) => `route get ${destination} mark ${table.kernelTable}`),
    )
      .split("\n")
      .filter((line) => /\bdev\b/.test(line));
    answers.set(
      family,
      lines.map((line) => /\bdev (\S+)/.exec(line)?.[1] ?? ""),
    );
  }
  const next = { "-4": 0, "-6": 0 };
  return questions.map(({ destination }) => {
    const family = destination.includes(":") ? "-6" : "-4";
    return answers.get(family)?.[next[family]++] ?? "no answer";
  });
}

function batch(namespace: string, family: string, lines: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync("ip", ["-n", namespace, family, "-batch", "-"], {
    input: lines.join("\n"),
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(`ip -batch: ${stderr.slice(0, 400)}`);
  return stdout;
}

/** Plan JSON of many VPCs, each with one subnet and one table, and the same tables for the kernel. */
function randomNetwork(random: Random): { readonly planJson: unknown; readonly tables: readonly Table[] } {
  const resources: object[] = [];
  const tables = Array.from({ length: VPCS }, (_, i): Table => {
    const vpc = randomVpc(random, i);
    const listed = prefixesOf(random, 3).filter((prefix) => ![...vpc.blocks].some((block) => block === prefix));
    const kernelRoutes = new Map(vpc.blocks.map((block) => [block, "tlocal"]));
    const inline: object[] = [];
    for (const prefix of [
      ...new Set([
        ...prefixesOf(random, ROUTES_PER_TABLE, vpc.blocks),
        ...(random(2) === 0 ? ["0.0.0.0/0"] : []),
        ...(random(2) === 0 ? ["::/0"] : []),
      ]),
    ]) {
      if (listed.includes(prefix)) continue;
      const target = random(TARGETS.length);
      const [attribute = "", id = ""] = (TARGETS[target] ?? "").split("=");
      kernelRoutes.set(prefix, `t${target}`);
      const family = prefix.includes(":") ? "ipv6_" : "";
      if (random(2) === 0) inline.push({ [`${family}cidr_block`]: prefix, [attribute]: id });
      else
        resources.push({
          address: `aws_route.r${i}_${resources.length}`,
          type: "aws_route",
          values: { route_table_id: `rtb-${i}`, [`destination_${family}cidr_block`]: prefix, [attribute]: id },
        });
    }
    const listTarget = random(TARGETS.length);
    const [listAttribute = "", listId = ""] = (TARGETS[listTarget] ?? "").split("=");
    for (const prefix of listed) kernelRoutes.set(prefix, `t${listTarget}`);
    inline.push({ destination_prefix_list_id: `pl-${i}`, [listAttribute]: listId });
    resources.push(
      ...vpc.resources,
      {
        address: `aws_ec2_managed_prefix_list.l${i}`,
        type: "aws_ec2_managed_prefix_list",
        values: { id: `pl-${i}`, entry: listed.map((cidr) => ({ cidr })) },
      },
      {
        address: `aws_route_table.t${i}`,
        type: "aws_route_table",
        values: { id: `rtb-${i}`, vpc_id: `vpc-${i}`, route: inline },
      },
      {
        address: `aws_route_table_association.a${i}`,
        type: "aws_route_table_association",
        values: { subnet_id: `subnet-${i}`, route_table_id: `rtb-${i}` },
      },
    );
    return { subnet: `subnet-${i}`, kernelTable: 1000 + i, routes: kernelRoutes };
  });
  const planJson = {
    format_version: "1.0",
    values: { root_module: { resources: resources.map((one) => ({ mode: "managed", name: "x", ...one })) } },
  };
  return { planJson, tables };
}

function randomVpc(random: Random, i: number) {
  const primary = `10.${i * 4}.0.0/${16 + random(3)}`;
  const secondary = `100.${64 + i}.0.0/${16 + random(9)}`;
  const ipv6 = `fd00:${(i + 1).toString(16)}::/56`;
  const blocks = random(2) === 0 ? [primary, ipv6] : [primary, secondary, ipv6];
  const resources = [
    {
      address: `aws_vpc.v${i}`,
      type: "aws_vpc",
      values: { id: `vpc-${i}`, cidr_block: primary, ipv6_cidr_block: ipv6, main_route_table_id: `rtb-main-${i}` },
    },
    {
      address: `aws_subnet.s${i}`,
      type: "aws_subnet",
      values: {
        id: `subnet-${i}`,
        vpc_id: `vpc-${i}`,
        cidr_block: primary.replace(/\/\d+/, "/24"),
        ipv6_cidr_block: ipv6.replace(/\/\d+/, "/64"),
      },
    },
    ...(blocks.length === 3
      ? [
          {
            address: `aws_vpc_ipv4_cidr_block_association.c${i}`,
            type: "aws_vpc_ipv4_cidr_block_association",
            values: { vpc_id: `vpc-${i}`, cidr_block: secondary },
          },
        ]
      : []),
  ];
  return { blocks: blocks.map((block) => formatPrefix(prefix(block))), resources };
}

/** Blocks that lie in each other often, and in the VPC's own: that is where longest-prefix lookups go wrong. */
function prefixesOf(random: Random, count: number, near: readonly string[] = []): readonly string[] {
  const made: string[] = [];
  while (made.length < count) {
    const base = random(3) === 0 ? pick(random, near) : pick(random, made);
    const isIpv6 = base === undefined ? random(3) === 0 : base.includes(":");
    const outer = prefix(
      base ??
        (isIpv6
          ? "fd00::/12"
          : (pick(random, ["10.0.0.0/8", "172.16.0.0/12", "198.51.0.0/16", "100.64.0.0/10"]) ?? "")),
    );
    const most = isIpv6 ? 64 : 28;
    const length = Math.min(most, outer.length + random(9));
    const size = BigInt(length - outer.length);
    const hostBits = BigInt((isIpv6 ? 128 : 32) - length);
    const network = outer.network + ((BigInt(random(2 ** 16)) % (1n << size)) << hostBits);
    made.push(formatPrefix({ family: outer.family, network, length }));
  }
  return [...new Set(made)];
}

function destinations(random: Random, { routes }: Table): readonly string[] {
  const prefixes = [...routes.keys()].filter((text) => !text.endsWith("/0")).map(prefix);
  const chosen = Array.from({ length: LOOKUPS_PER_TABLE }, () => {
    const one = prefixes[random(prefixes.length)] ?? prefix("10.0.0.0/8");
    const size = 1n << BigInt((one.family === "ipv4" ? 32 : 128) - one.length);
    const offset = [0n, size - 1n, -1n, size, BigInt(random(2 ** 30)) % size][random(5)] ?? 0n;
    return formatAddress(addressAt(one, offset));
  });
  return chosen.filter((text) => isUnicast(prefix(`${text}/${text.includes(":") ? 128 : 32}`)));
}

function isUnicast(host: Prefix): boolean {
  return [
    "0.0.0.0/8",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "224.0.0.0/3",
    "::/8",
    "fe80::/10",
    "ff00::/8",
    "fd99::/16",
  ].every((block) => !overlaps(prefix(block), host));
}

type Random = (below: number) => number;

/** Mulberry32: the same network for the same seed. */
function generator(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

function pick<T>(random: Random, list: readonly T[]): T | undefined {
  return list[random(Math.max(1, list.length))];
}

function prefix(text: string): Prefix {
  const parsed = parsePrefix(text);
  if (!parsed) throw new Error(`not a prefix: ${text}`);
  return parsed;
}

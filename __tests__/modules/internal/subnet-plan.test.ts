import fc from "fast-check";
import { ipv4CidrsOverlap, parseIpv4Cidr } from "../../../modules/internal/cidr";
import { planSubnets } from "../../../modules/internal/subnet-plan";

const kinds = ["workload", "endpoint"] as const;
const plan = (cidr: string, zones: string[], subnetPrefixLength?: number) =>
  planSubnets({ where: "client", cidr, zones, kinds, subnetPrefixLength });

test("a zone's letter decides where its subnets lie", () => {
  expect(Object.fromEntries(plan("10.1.0.0/24", ["eu-west-1a", "eu-west-1b"]))).toEqual({
    "eu-west-1a": { workload: "10.1.0.0/28", endpoint: "10.1.0.16/28" },
    "eu-west-1b": { workload: "10.1.0.32/28", endpoint: "10.1.0.48/28" },
  });
});

test("adding, removing and reordering zones renumbers no other zone", () => {
  const all = plan("10.1.0.0/16", ["eu-west-1a", "eu-west-1b", "eu-west-1c"]);
  const some = plan("10.1.0.0/16", ["eu-west-1c", "eu-west-1a"]);
  expect(some.get("eu-west-1c")).toEqual(all.get("eu-west-1c"));
  expect(some.get("eu-west-1a")).toEqual(all.get("eu-west-1a"));
  expect(all.get("eu-west-1b")).not.toEqual(all.get("eu-west-1c"));
});

test("the subnets of any VPC lie in it and apart", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 16, max: 25 }),
      fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      fc.subarray(["a", "b", "c", "d"], { minLength: 1 }),
      fc.integer({ min: 3, max: 12 }),
      (prefixLength, address, letters, bits) => {
        const subnetPrefixLength = Math.min(prefixLength + bits, 28);
        const first = address - (address % 2 ** (32 - prefixLength));
        const cidr = `${[24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256).join(".")}/${prefixLength}`;
        const subnets = [
          ...plan(
            cidr,
            letters.map((letter) => `eu-west-1${letter}`),
            subnetPrefixLength,
          ).values(),
        ]
          .flatMap((byKind) => Object.values(byKind))
          .map((subnet) => parseIpv4Cidr("subnet", subnet));
        expect(subnets).toHaveLength(letters.length * kinds.length);
        for (const subnet of subnets) {
          expect(subnet.first).toBeGreaterThanOrEqual(first);
          expect(subnet.first + 2 ** (32 - subnet.prefixLength)).toBeLessThanOrEqual(first + 2 ** (32 - prefixLength));
          expect(subnets.filter((other) => ipv4CidrsOverlap(subnet, other))).toEqual([subnet]);
        }
      },
    ),
  );
});

test.each([
  [
    "a zone without room",
    () => plan("10.1.0.0/26", ["eu-west-1a", "eu-west-1c"]),
    "client: cidr must hold subnets of /28 for workload and endpoint of zone 'eu-west-1c', got '10.1.0.0/26', " +
      "which has room for zones a to b; use a larger cidr or a larger subnetPrefixLength",
  ],
  [
    "a VPC smaller than a zone",
    () => plan("10.1.0.0/28", ["eu-west-1a"]),
    "client: cidr must hold subnets of /28 for workload and endpoint of zone 'eu-west-1a', got '10.1.0.0/28', " +
      "which has room for no zone; use a larger cidr or a larger subnetPrefixLength",
  ],
  [
    "a VPC larger than AWS has",
    () => plan("10.0.0.0/8", ["eu-west-1a"]),
    "client: cidr must be a /16 to a /28, got '10.0.0.0/8'; AWS has no VPC or subnet of another size",
  ],
  [
    "a subnet smaller than AWS has",
    () => plan("10.1.0.0/24", ["eu-west-1a"], 29),
    "client: subnetPrefixLength must be a /16 to a /28, got '29'; AWS has no VPC or subnet of another size",
  ],
  [
    "host bits",
    () => plan("10.1.0.7/24", ["eu-west-1a"]),
    "client: cidr must be a network without host bits, got '10.1.0.7/24'; write 10.1.0.0/24",
  ],
  [
    "another family",
    () => plan("2001:db8::/56", ["eu-west-1a"]),
    "client: cidr must be an IPv4 CIDR, got '2001:db8::/56'; write an address and a prefix length, 10.1.0.0/24",
  ],
])("fails with %s", (_, act, message) => {
  expect(act).toThrow(new Error(message));
});

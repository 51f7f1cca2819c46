import { formatIpv4Cidr, ipv4Address, ipv4CidrsOverlap, parseIpv4Cidr } from "../../../modules/internal/cidr";

const network = (cidr: string) => parseIpv4Cidr("cidr", cidr);

test("a CIDR is read and written back", () => {
  expect(network("10.2.0.16/28")).toEqual({ first: 0x0a020010, prefixLength: 28 });
  for (const cidr of ["0.0.0.0/0", "10.2.0.16/28", "255.255.255.255/32"])
    expect(formatIpv4Cidr(network(cidr))).toBe(cidr);
});

test("addresses are counted from a network's first", () => {
  expect(ipv4Address("10.2.0.16/28", 4)).toBe("10.2.0.20");
  expect(ipv4Address("10.2.0.240/28", 16)).toBe("10.2.1.0");
});

test.each([
  ["10.1.0.0/24", "10.1.0.0/24", true],
  ["10.1.0.0/16", "10.1.255.0/24", true],
  ["10.1.255.0/24", "10.1.0.0/16", true],
  ["0.0.0.0/0", "255.255.255.255/32", true],
  ["10.1.0.0/24", "10.1.1.0/24", false],
  ["10.1.1.0/24", "10.1.0.0/24", false],
  ["10.1.0.0/25", "10.1.0.128/25", false],
])("%s and %s share an address: %s", (a, b, overlap) => {
  expect(ipv4CidrsOverlap(network(a), network(b))).toBe(overlap);
});

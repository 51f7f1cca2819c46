import fc from "fast-check";
import {
  Cidr,
  addressFamily,
  contains,
  covers,
  formatAddress,
  isCidr,
  parseAddress,
  parseCidr,
} from "../../../appliance-agent/src/rules/cidr";
import { nearestName } from "../../../appliance-agent/src/rules/nearest-name";

const cidr = (text: string): Cidr => {
  const parsed = parseCidr(text);
  if (!isCidr(parsed)) throw new Error(`${text}: ${parsed.what}`);
  return parsed;
};

test.each([
  ["0.0.0.0/0", "0.0.0.0"],
  ["10.1.0.0/16", "10.1.0.0"],
  ["255.255.255.255/32", "255.255.255.255"],
  ["::/0", "::"],
  ["2001:DB8:0:0::/32", "2001:db8::"],
  ["fd00::1/128", "fd00::1"],
])("%s is a CIDR", (text, first) => {
  const { family, address } = cidr(text);
  expect(formatAddress(family, address)).toBe(first);
});

test.each([
  "",
  "/",
  "10/8",
  "10.1.0.0/",
  "10.1.0.0/+8",
  "10.1.0.0/08",
  "10.1.0.0/8/8",
  "010.0.0.0/8",
  "fd00::%eth0/64",
  "::ffff:10.0.0.0.0/96",
])("%j is none", (text) => {
  expect(isCidr(parseCidr(text))).toBe(false);
});

test("a network contains its first and last address, and not their neighbours", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 0xffff_ffffn }), fc.integer({ min: 1, max: 32 }), (address, prefixLength) => {
      const hostBits = BigInt(32 - prefixLength);
      const first = (address >> hostBits) << hostBits;
      const last = first + (1n << hostBits) - 1n;
      const network = cidr(`${formatAddress("ipv4", first)}/${String(prefixLength)}`);
      expect([first, last, address].every((inside) => contains(network, inside))).toBe(true);
      expect([first - 1n, last + 1n].some((outside) => outside >= 0n && contains(network, outside))).toBe(false);
    }),
  );
});

test("a network covers narrower ones of its family", () => {
  expect(covers(cidr("10.0.0.0/8"), cidr("10.1.0.0/16"))).toBe(true);
  expect(covers(cidr("10.1.0.0/16"), cidr("10.0.0.0/8"))).toBe(false);
  expect(covers(cidr("::/0"), cidr("10.0.0.0/8"))).toBe(false);
  expect(covers(cidr("fd00::/8"), cidr("fd01::/64"))).toBe(true);
});

test("addresses are told apart by family, and written as the kernel's tools do", () => {
  expect(["10.1.0.5", "fd00::5", "::ffff:10.1.0.5", "10.1", "fd00::5%eth0", "host"].map(addressFamily)).toEqual([
    ...["ipv4", "ipv6", "ipv6", undefined, undefined, undefined],
  ]);
  expect(formatAddress("ipv6", parseAddress("2001:0db8::0005"))).toBe("2001:db8::5");
});

test("the nearest name is that with the fewest edits, and none when all are far", () => {
  const names = ["destinationPorts", "sourcePorts", "protocol"];
  expect(nearestName("destinationPort", names)).toBe("destinationPorts");
  expect(nearestName("Protcol", names)).toBe("protocol");
  expect(nearestName("colour", names)).toBeUndefined();
  expect(nearestName("x", [])).toBeUndefined();
});

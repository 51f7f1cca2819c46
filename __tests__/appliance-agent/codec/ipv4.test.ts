import fc from "fast-check";
import { internetChecksum } from "../../../appliance-agent/src/codec/internet-checksum";
import { Ipv4, decodeIpv4, encodeIpv4 } from "../../../appliance-agent/src/codec/ipv4";
import { bits, bytesOf, hex, testHeader } from "./header-tests";

/** RFC 791 §3.1: version 4, 6 words, DSCP 46 and ECN 3, all three flags, offset 8 * 0x123, a router alert (RFC 2113). */
const golden = hex(`
  46 bb 05 dc
  be ef e1 23
  3f 11 42 24
  0a 01 00 05
  c6 33 64 07
  94 04 00 01
`);
const value: Ipv4 = {
  dscp: 46,
  ecn: 3,
  totalLength: 1500,
  identification: 0xbeef,
  reservedFlag: true,
  dontFragment: true,
  moreFragments: true,
  fragmentOffset: 0x918,
  ttl: 63,
  protocol: 17,
  checksum: 0x4224,
  source: hex("0a010005"),
  destination: hex("c6336407"),
  options: hex("94040001"),
};
const arbitrary: fc.Arbitrary<Ipv4> = fc.record({
  dscp: bits(6),
  ecn: bits(2),
  totalLength: fc.integer({ min: 60, max: 65535 }),
  identification: bits(16),
  reservedFlag: fc.boolean(),
  dontFragment: fc.boolean(),
  moreFragments: fc.boolean(),
  fragmentOffset: bits(13).map((units) => units * 8),
  ttl: bits(8),
  protocol: bits(8),
  checksum: bits(16),
  source: bytesOf(4),
  destination: bytesOf(4),
  options: bytesOf(0, 40, 4),
});

testHeader("IPv4 header", { golden, value, arbitrary, decode: decodeIpv4, encode: encodeIpv4 });

test("computes the checksum when none is given", () => {
  const { checksum: _, ...without } = value;
  const bytes = encodeIpv4(without);
  expect(internetChecksum(bytes)).toBe(0);
  expect(decodeIpv4(bytes).checksum).not.toBe(0);
});

test.each([
  ["a version that is not 4", "65", 0, "IPv4 header: not version 4, got 6; RFC 791 §3.1"],
  ["a header length below 20", "44", 0, "IPv4 header: header length too small, got 16; at least 20"],
  ["a total length below the header's", "0017", 2, "IPv4 header: total length too small, got 23; at least 24"],
])("fails on %s", (_, bytes, at, message) => {
  const changed = golden.slice();
  changed.set(hex(bytes), at);
  expect(() => decodeIpv4(changed)).toThrow(message);
});

test.each<[string, Partial<Ipv4>, string]>([
  ["a TTL of 256", { ttl: 256 }, "IPv4 TTL: does not fit, got 256; write a whole number from 0 to 255"],
  [
    "an offset in units of 8",
    { fragmentOffset: 3 },
    "IPv4 fragment offset: not a multiple of 8, got 3; it is in bytes",
  ],
  [
    "options of 3 bytes",
    { options: hex("010101") },
    "IPv4 options: wrong length, got 3 bytes; write 0 to 40 in multiples of 4",
  ],
  ["an IPv6 address", { source: new Uint8Array(16) }, "IPv4 source: wrong length, got 16 bytes; write 4"],
])("fails to write %s", (_, fields, message) => {
  expect(() => encodeIpv4({ ...value, ...fields })).toThrow(message);
});

import fc from "fast-check";
import { decodeIcmp, encodeIcmp } from "../../../appliance-agent/src/codec/icmp";
import { decodeIcmpv6, encodeIcmpv6 } from "../../../appliance-agent/src/codec/icmpv6";
import { bits, bytesOf, hex, testHeader } from "./header-tests";

const arbitrary = fc.record({ type: bits(8), code: bits(8), checksum: bits(16), restOfHeader: bytesOf(4) });

testHeader("ICMP header", {
  golden: hex("03 04 7a 5b 11 22 21 34"),
  value: { type: 3, code: 4, checksum: 0x7a5b, restOfHeader: hex("11222134") },
  arbitrary,
  decode: decodeIcmp,
  encode: encodeIcmp,
});

testHeader("ICMPv6 header", {
  golden: hex("80 01 c3 d4 be ef 00 07"),
  value: { type: 128, code: 1, checksum: 0xc3d4, restOfHeader: hex("beef0007") },
  arbitrary,
  decode: decodeIcmpv6,
  encode: encodeIcmpv6,
});

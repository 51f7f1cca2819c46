import fc from "fast-check";
import { decodeIpv6, encodeIpv6 } from "../../../appliance-agent/src/codec/ipv6";
import { bits, bytesOf, hex, testHeader } from "./header-tests";

const golden = hex(`
  6b 8a bc de 05 78 3a 3f
  20 01 0d b8 00 01 00 02 00 03 00 04 00 05 00 06
  fd 09 f8 f7 f6 f5 f4 f3 f2 f1 e0 e1 e2 e3 e4 e5
`);

testHeader("IPv6 header", {
  golden,
  value: {
    trafficClass: 0xb8,
    flowLabel: 0xabcde,
    payloadLength: 1400,
    nextHeader: 58,
    hopLimit: 63,
    source: hex("20010db8000100020003000400050006"),
    destination: hex("fd09f8f7f6f5f4f3f2f1e0e1e2e3e4e5"),
  },
  arbitrary: fc.record({
    trafficClass: bits(8),
    flowLabel: bits(20),
    payloadLength: bits(16),
    nextHeader: bits(8),
    hopLimit: bits(8),
    source: bytesOf(16),
    destination: bytesOf(16),
  }),
  decode: decodeIpv6,
  encode: encodeIpv6,
});

test("fails on a version that is not 6", () => {
  expect(() => decodeIpv6(hex(`45 ${"00".repeat(39)}`))).toThrow("IPv6 header: not version 6, got 4; RFC 8200 §3");
});

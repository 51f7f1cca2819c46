import fc from "fast-check";
import { decodeUdp, encodeUdp } from "../../../appliance-agent/src/codec/udp";
import { bits, hex, testHeader } from "./header-tests";

testHeader("UDP header", {
  golden: hex("ea60 17c1 0054 9abc"),
  value: { sourcePort: 60000, destinationPort: 6081, length: 84, checksum: 0x9abc },
  arbitrary: fc.record({
    sourcePort: bits(16),
    destinationPort: bits(16),
    length: fc.integer({ min: 8, max: 65535 }),
    checksum: bits(16),
  }),
  decode: decodeUdp,
  encode: encodeUdp,
});

test("fails on a length below the header's", () => {
  expect(() => decodeUdp(hex("0001 0002 0007 0000"))).toThrow("UDP header: length too small, got 7; at least 8");
});

test("fails to write a port of 17 bits", () => {
  expect(() => encodeUdp({ sourcePort: 65536, destinationPort: 1, length: 8, checksum: 0 })).toThrow(
    "UDP source port: does not fit, got 65536; write a whole number from 0 to 65535",
  );
});

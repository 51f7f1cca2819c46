import fc from "fast-check";
import { decodeTcp, encodeTcp } from "../../../appliance-agent/src/codec/tcp";
import { bits, bytesOf, hex, testHeader } from "./header-tests";

/** 6 words, all control bits and the reserved ones, an MSS option of 8460. */
const golden = hex(`
  c3 50 01 bb
  01 23 45 67
  89 ab cd ef
  6f ff fa f0
  12 34 56 78
  02 04 21 0c
`);

testHeader("TCP header", {
  golden,
  value: {
    sourcePort: 50000,
    destinationPort: 443,
    sequenceNumber: 0x01234567,
    acknowledgmentNumber: 0x89abcdef,
    flags: 0xfff,
    window: 64240,
    checksum: 0x1234,
    urgentPointer: 0x5678,
    options: hex("0204210c"),
  },
  arbitrary: fc.record({
    sourcePort: bits(16),
    destinationPort: bits(16),
    sequenceNumber: bits(32),
    acknowledgmentNumber: bits(32),
    flags: bits(12),
    window: bits(16),
    checksum: bits(16),
    urgentPointer: bits(16),
    options: bytesOf(0, 40, 4),
  }),
  decode: decodeTcp,
  encode: encodeTcp,
});

test("fails on a data offset below the header's length", () => {
  const bytes = golden.slice();
  bytes[12] = 0x4f;
  expect(() => decodeTcp(bytes)).toThrow("TCP header: data offset too small, got 16 bytes; at least 20");
});

import fc from "fast-check";
import { decodeEthernet, encodeEthernet } from "../../../appliance-agent/src/codec/ethernet";
import { bits, bytesOf, hex, testHeader } from "./header-tests";

testHeader("Ethernet header", {
  golden: hex("02ab34cd56ef 0612fedcba98 86dd"),
  value: { destination: hex("02ab34cd56ef"), source: hex("0612fedcba98"), etherType: 0x86dd },
  arbitrary: fc.record({ destination: bytesOf(6), source: bytesOf(6), etherType: bits(16) }),
  decode: decodeEthernet,
  encode: encodeEthernet,
});

test("fails to write a MAC address of another length", () => {
  expect(() => encodeEthernet({ destination: hex("0102"), source: hex("010203040506"), etherType: 1 })).toThrow(
    "Ethernet destination: wrong length, got 2 bytes; write 6",
  );
});

import fc from "fast-check";
import { decodeGeneveHeader, encodeGeneveHeader } from "../../../appliance-agent/src/codec/geneve-header";
import { bits, hex, testHeader } from "./header-tests";

const value = {
  optionsLength: 32,
  control: true,
  critical: true,
  reserved1: 0x15,
  protocolType: 0x86dd,
  vni: 0xabcdef,
  reserved2: 0x99,
};

testHeader("GENEVE header", {
  golden: hex("08 d5 86 dd ab cd ef 99"),
  value,
  arbitrary: fc.record({
    optionsLength: bits(6).map((words) => words * 4),
    control: fc.boolean(),
    critical: fc.boolean(),
    reserved1: bits(6),
    protocolType: bits(16),
    vni: bits(24),
    reserved2: bits(8),
  }),
  decode: decodeGeneveHeader,
  encode: encodeGeneveHeader,
});

test("fails on a version that is not 0", () => {
  expect(() => decodeGeneveHeader(hex("48 00 08 00 00 00 00 00"))).toThrow(
    "GENEVE header: not version 0, got 1; RFC 8926 §3.4",
  );
});

test.each([2, 256, -4])("fails to write options of %i bytes", (optionsLength) => {
  expect(() => encodeGeneveHeader({ ...value, optionsLength })).toThrow(
    `GENEVE options length: wrong, got ${String(optionsLength)} bytes; write 0 to 252 in multiples of 4`,
  );
});

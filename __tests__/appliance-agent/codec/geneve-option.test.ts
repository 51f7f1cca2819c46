import fc from "fast-check";
import { decodeGeneveOptions, encodeGeneveOptions } from "../../../appliance-agent/src/codec/geneve-option";
import { bits, bytesOf, hex, testHeader } from "./header-tests";

testHeader("GENEVE option", {
  golden: hex("01 08 83 a2 11 22 33 44 55 66 77 88"),
  value: { optionClass: 0x0108, critical: true, type: 3, reserved: 5, data: hex("1122334455667788") },
  arbitrary: fc.record({
    optionClass: bits(16),
    critical: fc.boolean(),
    type: bits(7),
    reserved: bits(3),
    data: bytesOf(0, 124, 4),
  }),
  decode: (bytes) => {
    // The list of no bytes is empty; a list cut inside its only option is not.
    const [option] = decodeGeneveOptions(bytes.length === 0 ? new Uint8Array(1) : bytes);
    if (!option) throw new Error("no option");
    return option;
  },
  encode: (option) => encodeGeneveOptions([option]),
});

test("reads several options in their order, and none from no bytes", () => {
  const options = decodeGeneveOptions(hex("0108 01 01 aaaaaaaa ffff 02 00 0108 03 01 bbbbbbbb"));
  expect(options.map(({ optionClass, type }) => [optionClass, type])).toEqual([
    [0x0108, 1],
    [0xffff, 2],
    [0x0108, 3],
  ]);
  expect(decodeGeneveOptions(new Uint8Array())).toEqual([]);
});

test("fails to write data that is no multiple of 4 bytes", () => {
  const option = { optionClass: 1, critical: false, type: 1, reserved: 0, data: new Uint8Array(3) };
  expect(() => encodeGeneveOptions([option])).toThrow(
    "GENEVE option data: wrong length, got 3 bytes; write 0 to 124 in multiples of 4",
  );
});

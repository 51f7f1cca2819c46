import fc from "fast-check";
import { decodeGeneveOptions, encodeGeneveOptions } from "../../../appliance-agent/src/codec/geneve-option";
import {
  GwlbOptions,
  decodeGwlbOptions,
  encodeGwlbOptions,
  formatEndpointId,
} from "../../../appliance-agent/src/codec/gwlb-options";
import { bits, hex } from "./header-tests";

/** The 32 bytes that a Gateway Load Balancer sends: three options of class 0x0108. */
const golden = hex(`
  01 08 01 02 0a 1b 2c 3d 4e 5f 60 71
  01 08 02 02 82 93 a4 b5 c6 d7 e8 f9
  01 08 03 01 fe dc ba 98
`);
const value: GwlbOptions = {
  endpointId: 0x0a1b2c3d4e5f6071n,
  attachmentId: 0x8293a4b5c6d7e8f9n,
  flowCookie: 0xfedcba98,
};

test("are read from and written to the bytes of a Gateway Load Balancer", () => {
  expect(decodeGwlbOptions(decodeGeneveOptions(golden))).toEqual(value);
  expect([...encodeGeneveOptions(encodeGwlbOptions(value))]).toEqual([...golden]);
});

test("are read back as they were written, in any order and among others", () => {
  const id = fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn });
  const other = { optionClass: 0x0107, critical: false, type: 1, reserved: 0, data: new Uint8Array(8) };
  fc.assert(
    fc.property(fc.record({ endpointId: id, attachmentId: id, flowCookie: bits(32) }), fc.nat(), (options, seed) => {
      const shuffled = [...encodeGwlbOptions(options), other]
        .map((option, i) => ({ option, key: (seed >> (i * 2)) & 3 }))
        .sort((a, b) => a.key - b.key)
        .map(({ option }) => option);
      expect(decodeGwlbOptions(decodeGeneveOptions(encodeGeneveOptions(shuffled)))).toEqual(options);
    }),
  );
});

test.each([
  ["one is missing", golden.slice(12), "GWLB option endpointId: not exactly once, got 0 times; class 0x0108 type 1"],
  [
    "one is there twice",
    hex(`${Buffer.from(golden).toString("hex")} 0108 0301 00000000`),
    "GWLB option flowCookie: not exactly once, got 2 times; class 0x0108 type 3",
  ],
  [
    "one has another length",
    hex("0108 0101 aaaaaaaa 0108 0202 1111111111111111 0108 0301 00000001"),
    "GWLB option endpointId: wrong length, got 4 bytes; 8",
  ],
])("fails when %s", (_, bytes, message) => {
  expect(() => decodeGwlbOptions(decodeGeneveOptions(bytes))).toThrow(message);
});

test("fails to write an id of 65 bits", () => {
  expect(() => encodeGwlbOptions({ ...value, attachmentId: 1n << 64n })).toThrow(
    "GWLB attachment id: does not fit, got 18446744073709551616; write a number of 64 bits",
  );
});

test("writes an endpoint id with all its digits", () => {
  expect(formatEndpointId(0xabcn)).toBe("0000000000000abc");
});

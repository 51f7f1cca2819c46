import fc from "fast-check";
import { internetChecksum } from "../../../appliance-agent/src/codec/internet-checksum";
import { bytesOf, hex } from "./header-tests";

test("is that of the example in RFC 1071 §3", () => {
  expect(internetChecksum(hex("0001 f203 f4f5 f6f7"))).toBe(0xffff ^ 0xddf2);
});

test("is 0 over bytes that contain it, however they are cut at even places", () => {
  fc.assert(
    fc.property(bytesOf(2, 9000, 2), fc.nat(), (bytes, at) => {
      bytes.set([0, 0]);
      const checksum = internetChecksum(bytes);
      bytes.set([checksum >> 8, checksum & 0xff]);
      const cut = (at % (bytes.length / 2)) * 2;
      expect(internetChecksum(bytes.subarray(0, cut), bytes.subarray(cut))).toBe(0);
    }),
  );
});

test("pads an odd last byte with zero", () => {
  expect(internetChecksum(hex("0102 03"))).toBe(internetChecksum(hex("0102 0300")));
});

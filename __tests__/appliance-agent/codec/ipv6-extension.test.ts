import fc from "fast-check";
import {
  IPV6_EXTENSION_HEADERS,
  Ipv6Extension,
  decodeIpv6Extension,
  decodeIpv6Fragment,
  encodeIpv6Extension,
  encodeIpv6Fragment,
} from "../../../appliance-agent/src/codec/ipv6-extension";
import { bits, bytesOf, hex, testHeader } from "./header-tests";

const AUTHENTICATION = 51;
const FRAGMENT = 44;

const common = [...IPV6_EXTENSION_HEADERS].filter((protocol) => protocol !== AUTHENTICATION && protocol !== FRAGMENT);

describe.each(common)("next header %i", (protocol) => {
  testHeader<Ipv6Extension>("extension header of RFC 6564 §4", {
    golden: hex("3a 01 05 02 a1 a2 01 08 b1 b2 b3 b4 b5 b6 b7 b8"),
    value: { protocol, nextHeader: 58, data: hex("05 02 a1 a2 01 08 b1 b2 b3 b4 b5 b6 b7 b8") },
    arbitrary: fc.record({
      protocol: fc.constant(protocol),
      nextHeader: bits(8),
      data: fc.integer({ min: 1, max: 256 }).chain((units) => bytesOf(units * 8 - 2)),
    }),
    decode: (bytes) => decodeIpv6Extension(protocol, bytes),
    encode: encodeIpv6Extension,
  });
});

testHeader<Ipv6Extension>("authentication header of RFC 4302 §2", {
  golden: hex("06 04 00 00 c0 ff ee 01 00 00 00 07 a1 a2 a3 a4 a5 a6 a7 a8 a9 aa ab ac"),
  value: {
    protocol: AUTHENTICATION,
    nextHeader: 6,
    data: hex("00 00 c0 ff ee 01 00 00 00 07 a1 a2 a3 a4 a5 a6 a7 a8 a9 aa ab ac"),
  },
  arbitrary: fc.record({
    protocol: fc.constant(AUTHENTICATION),
    nextHeader: bits(8),
    data: fc.integer({ min: 2, max: 257 }).chain((units) => bytesOf(units * 4 - 2)),
  }),
  decode: (bytes) => decodeIpv6Extension(AUTHENTICATION, bytes),
  encode: encodeIpv6Extension,
});

testHeader("fragment header of RFC 8200 §4.5", {
  golden: hex("11 00 12 39 de ad be ef"),
  value: { nextHeader: 17, fragment: { offset: 0x1238, moreFragments: true, identification: 0xdeadbeef } },
  arbitrary: fc.record({
    nextHeader: bits(8),
    fragment: fc.record({
      offset: bits(13).map((units) => units * 8),
      moreFragments: fc.boolean(),
      identification: bits(32),
    }),
  }),
  decode: (bytes) => {
    const { nextHeader, data } = decodeIpv6Extension(FRAGMENT, bytes);
    return { nextHeader, fragment: decodeIpv6Fragment(data) };
  },
  encode: ({ nextHeader, fragment }) =>
    encodeIpv6Extension({ protocol: FRAGMENT, nextHeader, data: encodeIpv6Fragment(fragment) }),
});

test("fails on what is no extension header that can be walked over", () => {
  expect(() => decodeIpv6Extension(50, new Uint8Array(64))).toThrow(
    "IPv6 extension header: not one, got next header 50; RFC 8200 §4",
  );
  expect(() => encodeIpv6Extension({ protocol: 6, nextHeader: 59, data: new Uint8Array(6) })).toThrow(
    "IPv6 extension header: not one, got next header 6; RFC 8200 §4",
  );
});

test("fails to write what the header cannot say", () => {
  expect(() => encodeIpv6Extension({ protocol: 60, nextHeader: 59, data: new Uint8Array(7) })).toThrow(
    "IPv6 extension header data: wrong length, got 7 bytes; write 2 less than a multiple of 8 (4 in an authentication header)",
  );
  expect(() => encodeIpv6Extension({ protocol: 44, nextHeader: 59, data: new Uint8Array(14) })).toThrow(
    "IPv6 extension header data: wrong length, got 14 bytes; write 6",
  );
  expect(() => encodeIpv6Fragment({ offset: 12, moreFragments: false, identification: 1 })).toThrow(
    "IPv6 fragment offset: not a multiple of 8, got 12; it is in bytes",
  );
});

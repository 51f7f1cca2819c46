import fc from "fast-check";
import { DecodeError } from "../../../appliance-agent/src/codec/decode-error";
import { fragmentIpv4, fragmentIpv6 } from "../../../appliance-agent/src/codec/fragment";
import { composeIpv4, composeIpv6 } from "../../../appliance-agent/src/codec/ip-compose";
import { MAX_IPV6_EXTENSIONS, decodeIpPacket } from "../../../appliance-agent/src/codec/ip-packet";
import { IP_PROTOCOL } from "../../../appliance-agent/src/codec/ip-protocol";
import { composeUdp } from "../../../appliance-agent/src/codec/upper-layer-compose";
import { bytesOf, errorOf, hex } from "./header-tests";
import { innerPacket } from "./some-packets";

const ends4 = { source: "10.1.0.5", destination: "198.51.100.7" };
const ends6 = { source: "2001:db8::5", destination: "2001:db8:1::7" };
const udp4 = composeUdp(ends4, { sourcePort: 1, destinationPort: 2 }, new Uint8Array(100));
const udp6 = composeUdp(ends6, { sourcePort: 1, destinationPort: 2 }, new Uint8Array(100));
const padding = hex("0104 00000000");
const destinationOptions = { protocol: IP_PROTOCOL.destinationOptions, data: padding };

test("an upper layer is found behind IPv4 options and IPv6 extension headers", () => {
  expect(decodeIpPacket(composeIpv4(ends4, udp4, { options: hex("01010100") }))).toMatchObject({
    protocol: 17,
    headerLength: 24,
    payload: udp4.bytes,
  });
  const extensions = [{ protocol: IP_PROTOCOL.hopByHop, data: padding }, destinationOptions];
  const packet = decodeIpPacket(composeIpv6(ends6, udp6, { extensions }));
  expect(packet).toMatchObject({ protocol: 17, headerLength: 56, payload: udp6.bytes });
  expect(packet.fragment).toBeUndefined();
});

test("what follows the packet's end is not part of it", () => {
  for (const packet of [composeIpv4(ends4, udp4), composeIpv6(ends6, udp6)]) {
    expect(decodeIpPacket(Uint8Array.from([...packet, 1, 2, 3])).payload).toHaveLength(108);
  }
});

test("fragments say where they belong, and put together they are the packet", () => {
  const cases = [
    { packet: composeIpv4(ends4, udp4, { identification: 7 }), cut: (bytes: Uint8Array) => fragmentIpv4(bytes, 48) },
    { packet: composeIpv6(ends6, udp6), cut: (bytes: Uint8Array) => fragmentIpv6(bytes, 48, 7) },
  ];
  for (const { packet, cut } of cases) {
    const fragments = cut(packet).map(decodeIpPacket);
    expect(fragments.map(({ fragment }) => fragment)).toEqual([
      { offset: 0, moreFragments: true, identification: 7 },
      { offset: 48, moreFragments: true, identification: 7 },
      { offset: 96, moreFragments: false, identification: 7 },
    ]);
    expect(fragments.flatMap(({ payload }) => [...payload])).toEqual([...decodeIpPacket(packet).payload]);
  }
});

test("a later fragment is not searched for headers", () => {
  const packet = composeIpv6(ends6, udp6, { extensions: [destinationOptions] });
  const [first, later] = fragmentIpv6(packet, 8, 7).map(decodeIpPacket);
  expect(first).toMatchObject({ protocol: 17, headerLength: 56 });
  expect(later).toMatchObject({ protocol: IP_PROTOCOL.destinationOptions, headerLength: 48 });
});

test("a fragment header of a whole packet makes no fragment (RFC 6946)", () => {
  const atomic = { protocol: IP_PROTOCOL.fragment, data: hex("0000 00000007") };
  const packet = decodeIpPacket(composeIpv6(ends6, udp6, { extensions: [atomic] }));
  expect(packet).toMatchObject({ protocol: 17, headerLength: 48 });
  expect(packet.fragment).toBeUndefined();
});

test.each([
  ["no bytes", hex(""), "IP header: too short, got 0 bytes; needs 1"],
  ["another version", hex("55"), "IP header: unknown version, got 5; 4 or 6"],
  [
    "an IPv4 packet cut short",
    composeIpv4(ends4, udp4).subarray(0, 100),
    "IPv4 packet: too short, got 100 bytes; needs 128",
  ],
  [
    "an IPv6 packet cut short",
    composeIpv6(ends6, udp6).subarray(0, 100),
    "IPv6 packet: too short, got 100 bytes; needs 148",
  ],
  [
    "nine extension headers",
    composeIpv6(ends6, udp6, { extensions: new Array<typeof destinationOptions>(9).fill(destinationOptions) }),
    "IPv6 extension headers: too many, got over 8; at most 8",
  ],
  [
    "a fragment in a fragment",
    composeIpv6(ends6, udp6, {
      extensions: [1, 2].map(() => ({ protocol: IP_PROTOCOL.fragment, data: hex("0001 00000007") })),
    }),
    "IPv6 fragment header: a fragment in a fragment, got 2; at most 1 (RFC 8200 §4.1)",
  ],
])("fails on %s", (_, bytes, message) => {
  expect(() => decodeIpPacket(bytes)).toThrow(message);
});

test("eight extension headers are walked over", () => {
  const extensions = new Array<typeof destinationOptions>(MAX_IPV6_EXTENSIONS).fill(destinationOptions);
  expect(decodeIpPacket(composeIpv6(ends6, udp6, { extensions })).protocol).toBe(17);
});

test("any bytes are read or refused by DecodeError", () => {
  const mutated = fc
    .tuple(innerPacket, fc.array(fc.tuple(fc.nat(99), fc.nat(255)), { maxLength: 4 }))
    .map(([packet, changes]) => {
      const bytes = packet.slice();
      for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte;
      return bytes;
    });
  fc.assert(
    fc.property(fc.oneof(bytesOf(0, 80), mutated), (bytes) => {
      const error = errorOf(() => decodeIpPacket(bytes));
      if (error !== undefined) expect(error).toBeInstanceOf(DecodeError);
    }),
    { numRuns: 2000 },
  );
});

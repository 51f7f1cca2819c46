import { concatBytes } from "../../../appliance-agent/src/codec/byte-view";
import { DecodeError } from "../../../appliance-agent/src/codec/decode-error";
import { fragmentIpv4, fragmentIpv6 } from "../../../appliance-agent/src/codec/fragment";
import { Ends, composeIp, composeIpv6 } from "../../../appliance-agent/src/codec/ip-compose";
import { IP_PROTOCOL } from "../../../appliance-agent/src/codec/ip-protocol";
import {
  composeIcmp,
  composeIcmpv6,
  composeTcp,
  composeUdp,
} from "../../../appliance-agent/src/codec/upper-layer-compose";
import { fiveTupleFacts } from "../../../appliance-agent/src/rules/five-tuple";
import { packetFacts } from "../../../appliance-agent/src/rules/packet-facts";

const ENDPOINT = 0x0a1b2c3d4e5f6071n;
const ends4: Ends = { source: "10.1.0.5", destination: "198.51.100.7" };
const ends6: Ends = { source: "2001:db8::5", destination: "2001:db8:1::7" };
const ports = { sourcePort: 40000, destinationPort: 443 };
const endpoint = ENDPOINT.toString(16).padStart(16, "0");

test.each([ends4, ends6])("a whole packet shows its 5-tuple, %o", (ends) => {
  for (const [protocol, upper] of [
    ["tcp", composeTcp(ends, ports)],
    ["udp", composeUdp(ends, ports)],
  ] as const) {
    expect(packetFacts(composeIp(ends, upper), ENDPOINT)).toEqual(
      fiveTupleFacts({ ...ends, ...ports, protocol, endpoint }),
    );
  }
});

test("ICMP shows its type over its own family only", () => {
  expect(packetFacts(composeIp(ends4, composeIcmp({ type: 8 })), ENDPOINT)).toMatchObject({ protocol: 1, icmpType: 8 });
  expect(packetFacts(composeIp(ends6, composeIcmpv6(ends6, { type: 128 })), ENDPOINT)).toMatchObject({ icmpType: 128 });
  const crossed = packetFacts(composeIp(ends6, { ...composeIcmp({ type: 8 }), protocol: 1 }), ENDPOINT);
  expect(crossed.protocol).toBe(1);
  expect(crossed.icmpType).toBeUndefined();
});

test("a protocol without ports shows none, however short", () => {
  const facts = packetFacts(composeIp(ends4, { protocol: 50, bytes: new Uint8Array() }), ENDPOINT);
  expect(facts).toMatchObject({ protocol: 50, fragment: "none" });
  expect(facts.destinationPort).toBeUndefined();
});

test("a first fragment shows ports, a later one does not", () => {
  const payload = new Uint8Array(64);
  for (const fragments of [
    fragmentIpv4(composeIp(ends4, composeUdp(ends4, ports, payload)), 16),
    fragmentIpv6(composeIp(ends6, composeUdp(ends6, ports, payload)), 16, 7),
  ]) {
    const [first, later] = fragments.map((fragment) => packetFacts(fragment, ENDPOINT));
    expect(first).toMatchObject({ fragment: "first", protocol: 17, destinationPort: 443 });
    expect(later).toMatchObject({ fragment: "later", protocol: 17 });
    expect(later?.destinationPort).toBeUndefined();
  }
});

test("a later IPv6 fragment that begins inside an extension header hides its protocol", () => {
  const extensions = [{ protocol: IP_PROTOCOL.destinationOptions, data: Uint8Array.of(1, 4, 0, 0, 0, 0) }];
  const packet = composeIpv6(ends6, composeUdp(ends6, ports, new Uint8Array(64)), { extensions });
  const [, later = new Uint8Array()] = fragmentIpv6(packet, 16, 7);
  expect(packetFacts(later, ENDPOINT)).not.toHaveProperty("protocol");
});

const short = (protocol: number, bytes: number) => composeIp(ends4, { protocol, bytes: new Uint8Array(bytes) });

test.each([
  ["hides its TCP ports", short(6, 3), "TCP ports: too short, got 3 bytes; needs 4"],
  ["hides its UDP ports", short(17, 0), "UDP ports: too short, got 0 bytes; needs 4"],
  ["hides its ICMP type", short(1, 3), "ICMP header: too short, got 3 bytes; needs 4"],
  [
    "ends before the payload of GENEVE does",
    concatBytes(short(50, 8), Uint8Array.of(1)),
    "inner packet: bytes after its end, got 29 bytes; its header says 28",
  ],
  ["is neither IPv4 nor IPv6", Uint8Array.of(0x10), "IP header: unknown version, got 1; 4 or 6"],
])("fails when the packet %s", (_, bytes, message) => {
  expect(() => packetFacts(bytes, ENDPOINT)).toThrow(DecodeError);
  expect(() => packetFacts(bytes, ENDPOINT)).toThrow(message);
});

test("a 5-tuple fails on two families and on what is no address", () => {
  const tuple = { protocol: "tcp", source: "10.1.0.5", destination: "2001:db8::1" } as const;
  expect(() => fiveTupleFacts(tuple)).toThrow(
    "5-tuple: two families, got 10.1.0.5 and 2001:db8::1; write two addresses of one family",
  );
  expect(() => fiveTupleFacts({ ...tuple, source: "example.com" })).toThrow(
    '5-tuple source: not an address, got "example.com"; write an IPv4 or IPv6 address',
  );
});

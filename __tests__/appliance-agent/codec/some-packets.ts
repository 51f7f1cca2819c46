import fc from "fast-check";
import { GwlbOptions } from "../../../appliance-agent/src/codec/gwlb-options";
import { GwlbPacket } from "../../../appliance-agent/src/codec/gwlb-packet";
import {
  Ends,
  Ipv4Fields,
  Ipv6Fields,
  UpperLayer,
  composeIpv4,
  composeIpv6,
} from "../../../appliance-agent/src/codec/ip-compose";
import { formatIpAddress } from "../../../appliance-agent/src/codec/ip-address";
import { IP_PROTOCOL } from "../../../appliance-agent/src/codec/ip-protocol";
import {
  composeIcmp,
  composeIcmpv6,
  composeTcp,
  composeUdp,
} from "../../../appliance-agent/src/codec/upper-layer-compose";
import { bits, bytesOf } from "./header-tests";

/** No well-known ones: a dissector would look for their protocols in the payload. */
const port = fc.integer({ min: 40_000, max: 40_999 });
const ports = fc.record({ sourcePort: port, destinationPort: port });
/** Always the same byte: in random ones a dissector finds some protocol now and then. */
const payload = fc.integer({ min: 0, max: 64 }).map((length) => new Uint8Array(length).fill(0x5a));

const address4 = bytesOf(4).map(formatIpAddress);
/** Of the documentation prefix, so that none is IPv4-mapped and printed in another way. */
const address6 = bytesOf(12).map((bytes) => formatIpAddress(Uint8Array.from([0x20, 0x01, 0x0d, 0xb8, ...bytes])));

const fields4: fc.Arbitrary<Ipv4Fields> = fc.record({
  dscp: bits(6),
  ecn: bits(2),
  identification: bits(16),
  dontFragment: fc.boolean(),
  ttl: fc.integer({ min: 1, max: 255 }),
  // No-operations, RFC 791 §3.1.
  options: fc.constantFrom(new Uint8Array(), Uint8Array.of(1, 1, 1, 1), new Uint8Array(40).fill(1)),
});

/** PadN, RFC 8200 §4.2. */
const padding = Uint8Array.of(1, 4, 0, 0, 0, 0);

const fields6: fc.Arbitrary<Ipv6Fields> = fc.record({
  trafficClass: bits(8),
  flowLabel: bits(20),
  hopLimit: fc.integer({ min: 1, max: 255 }),
  extensions: fc.constantFrom(
    [],
    [{ protocol: IP_PROTOCOL.hopByHop, data: padding }],
    [
      { protocol: IP_PROTOCOL.hopByHop, data: padding },
      { protocol: IP_PROTOCOL.destinationOptions, data: padding },
    ],
  ),
});

const tcpFields = fc.record({
  sequenceNumber: bits(32),
  acknowledgmentNumber: bits(32),
  flags: bits(9),
  window: bits(16),
  urgentPointer: bits(16),
});

function upperLayer(ends: Ends): fc.Arbitrary<UpperLayer> {
  const isIpv6 = ends.source.includes(":");
  return fc.oneof(
    fc.tuple(ports, payload, tcpFields).map(([its, bytes, fields]) => composeTcp(ends, its, bytes, fields)),
    fc.tuple(ports, payload).map(([its, bytes]) => composeUdp(ends, its, bytes)),
    fc
      .tuple(bytesOf(4), payload)
      .map(([restOfHeader, bytes]) =>
        isIpv6
          ? composeIcmpv6(ends, { type: 128, restOfHeader }, bytes)
          : composeIcmp({ type: 8, restOfHeader }, bytes),
      ),
  );
}

/** Inner packets as other people's programs can read them: TCP, UDP and echo requests, with options and extension headers. */
export const innerPacket: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc
    .record({ source: address4, destination: address4 })
    .chain((ends) => fc.tuple(upperLayer(ends), fields4).map(([upper, fields]) => composeIpv4(ends, upper, fields))),
  fc
    .record({ source: address6, destination: address6 })
    .chain((ends) => fc.tuple(upperLayer(ends), fields6).map(([upper, fields]) => composeIpv6(ends, upper, fields))),
);

const id = fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn });

const gwlbOptions: fc.Arbitrary<GwlbOptions> = fc.record({ endpointId: id, attachmentId: id, flowCookie: bits(32) });

/** Packets of a Gateway Load Balancer. */
export const gwlbPacket: fc.Arbitrary<GwlbPacket> = fc.record({
  source: address4,
  destination: address4,
  // Ephemeral ports: by a smaller one a dissector may take the datagram for another protocol's.
  sourcePort: fc.integer({ min: 49_152, max: 65_535 }),
  gwlb: gwlbOptions,
  inner: innerPacket,
});

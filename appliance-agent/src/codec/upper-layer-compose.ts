import { byteView, concatBytes } from "./byte-view";
import { encodeIcmp } from "./icmp";
import { encodeIcmpv6 } from "./icmpv6";
import { internetChecksum } from "./internet-checksum";
import { parseIpAddress } from "./ip-address";
import { Ends, UpperLayer } from "./ip-compose";
import { IP_PROTOCOL } from "./ip-protocol";
import { pseudoHeader } from "./pseudo-header";
import { TCP_FLAG, Tcp, encodeTcp } from "./tcp";
import { UDP_LENGTH, encodeUdp } from "./udp";

/** Source and destination port. */
export interface Ports {
  readonly sourcePort: number;
  readonly destinationPort: number;
}

const NOTHING = new Uint8Array();

/** A UDP datagram with its checksum. */
export function composeUdp(ends: Ends, ports: Ports, payload: Uint8Array = NOTHING): UpperLayer {
  const length = UDP_LENGTH + payload.length;
  const bytes = concatBytes(encodeUdp({ ...ports, length, checksum: 0 }), payload);
  // RFC 768: a computed 0 is sent as all ones, for 0 says that there is none.
  const checksum = checksumOf(ends, IP_PROTOCOL.udp, bytes) || 0xffff;
  byteView(bytes).setUint16(6, checksum);
  return { protocol: IP_PROTOCOL.udp, bytes };
}

/** A TCP segment with its checksum; a SYN with sequence number 1 when `fields` does not say otherwise. */
export function composeTcp(
  ends: Ends,
  ports: Ports,
  payload: Uint8Array = NOTHING,
  fields: Partial<Omit<Tcp, keyof Ports | "checksum">> = {},
): UpperLayer {
  const header = encodeTcp({
    sequenceNumber: 1,
    acknowledgmentNumber: 0,
    flags: TCP_FLAG.syn,
    window: 65535,
    urgentPointer: 0,
    options: NOTHING,
    ...fields,
    ...ports,
    checksum: 0,
  });
  const bytes = concatBytes(header, payload);
  byteView(bytes).setUint16(16, checksumOf(ends, IP_PROTOCOL.tcp, bytes));
  return { protocol: IP_PROTOCOL.tcp, bytes };
}

/** Type, code and the four bytes after the checksum. */
export interface IcmpFields {
  readonly type: number;
  /** @default 0 */
  readonly code?: number;
  /** 4 bytes. @default - zero */
  readonly restOfHeader?: Uint8Array;
}

/** An ICMP message with its checksum. */
export function composeIcmp(fields: IcmpFields, payload: Uint8Array = NOTHING): UpperLayer {
  const header = encodeIcmp({ code: 0, restOfHeader: new Uint8Array(4), ...fields, checksum: 0 });
  const bytes = concatBytes(header, payload);
  byteView(bytes).setUint16(2, internetChecksum(bytes));
  return { protocol: IP_PROTOCOL.icmp, bytes };
}

/** An ICMPv6 message with its checksum. */
export function composeIcmpv6(ends: Ends, fields: IcmpFields, payload: Uint8Array = NOTHING): UpperLayer {
  const header = encodeIcmpv6({ code: 0, restOfHeader: new Uint8Array(4), ...fields, checksum: 0 });
  const bytes = concatBytes(header, payload);
  byteView(bytes).setUint16(2, checksumOf(ends, IP_PROTOCOL.icmpv6, bytes));
  return { protocol: IP_PROTOCOL.icmpv6, bytes };
}

function checksumOf(ends: Ends, protocol: number, bytes: Uint8Array): number {
  const [source, destination] = [parseIpAddress(ends.source), parseIpAddress(ends.destination)];
  return internetChecksum(pseudoHeader(source, destination, protocol, bytes.length), bytes);
}

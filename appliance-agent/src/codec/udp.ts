import { byteView } from "./byte-view";
import { DecodeError, requireBytes } from "./decode-error";
import { requireBits } from "./encode-error";

/** Bytes of a UDP header. RFC 768. */
export const UDP_LENGTH = 8;

/** A UDP header. RFC 768. */
export interface Udp {
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** Header and payload, 8 to 65535 bytes. */
  readonly length: number;
  /** 0: not computed by the sender (IPv4, and tunnels over IPv6: RFC 6935). */
  readonly checksum: number;
}

/**
 * Reads the header alone: a quoted packet (RFC 792) ends before `length`.
 *
 * @throws DecodeError when `bytes` does not begin with a UDP header
 */
export function decodeUdp(bytes: Uint8Array): Udp {
  requireBytes("UDP header", bytes, UDP_LENGTH);
  const view = byteView(bytes);
  const length = view.getUint16(4);
  if (length < UDP_LENGTH) {
    throw new DecodeError("length", `UDP header: length too small, got ${length}; at least ${UDP_LENGTH}`);
  }
  return {
    sourcePort: view.getUint16(0),
    destinationPort: view.getUint16(2),
    length,
    checksum: view.getUint16(6),
  };
}

/** @throws EncodeError when a field does not fit */
export function encodeUdp(header: Udp): Uint8Array {
  const bytes = new Uint8Array(UDP_LENGTH);
  const view = byteView(bytes);
  view.setUint16(0, requireBits("UDP source port", header.sourcePort, 16));
  view.setUint16(2, requireBits("UDP destination port", header.destinationPort, 16));
  view.setUint16(4, requireBits("UDP length", header.length, 16));
  view.setUint16(6, requireBits("UDP checksum", header.checksum, 16));
  return bytes;
}

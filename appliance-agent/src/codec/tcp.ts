import { byteView } from "./byte-view";
import { DecodeError, requireBytes } from "./decode-error";
import { requireBits, requireLength } from "./encode-error";

/** Bytes of a TCP header without options. RFC 9293 §3.1. */
export const TCP_LENGTH = 20;

/** Most bytes of options: the data offset has 4 bits and counts words of 4 bytes. */
export const TCP_MAX_OPTIONS_LENGTH = 40;

/** Control bits, from the lowest. RFC 9293 §3.1; `ae` is RFC 9768's. */
export const TCP_FLAG = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32, ece: 64, cwr: 128, ae: 256 } as const;

/** A TCP header. RFC 9293 §3.1. */
export interface Tcp {
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** 32 bits. */
  readonly sequenceNumber: number;
  /** 32 bits. */
  readonly acknowledgmentNumber: number;
  /** The four reserved bits and the eight control bits, 0 to 4095: a sum of {@link TCP_FLAG}. */
  readonly flags: number;
  readonly window: number;
  readonly checksum: number;
  readonly urgentPointer: number;
  /** Options with their padding, 0 to 40 bytes in multiples of 4; a view. */
  readonly options: Uint8Array;
}

/** Bytes of this header, options included. */
export function tcpHeaderLength(header: Pick<Tcp, "options">): number {
  return TCP_LENGTH + header.options.length;
}

/** @throws DecodeError when `bytes` does not begin with a TCP header */
export function decodeTcp(bytes: Uint8Array): Tcp {
  requireBytes("TCP header", bytes, TCP_LENGTH);
  const view = byteView(bytes);
  const headerLength = (view.getUint8(12) >> 4) * 4;
  if (headerLength < TCP_LENGTH) {
    throw new DecodeError(
      "length",
      `TCP header: data offset too small, got ${headerLength} bytes; at least ${TCP_LENGTH}`,
    );
  }
  requireBytes("TCP options", bytes, headerLength);
  return {
    sourcePort: view.getUint16(0),
    destinationPort: view.getUint16(2),
    sequenceNumber: view.getUint32(4),
    acknowledgmentNumber: view.getUint32(8),
    flags: view.getUint16(12) & 0xfff,
    window: view.getUint16(14),
    checksum: view.getUint16(16),
    urgentPointer: view.getUint16(18),
    options: bytes.subarray(TCP_LENGTH, headerLength),
  };
}

/** @throws EncodeError when a field does not fit */
export function encodeTcp(header: Tcp): Uint8Array {
  const options = requireLength("TCP options", header.options, TCP_MAX_OPTIONS_LENGTH, 4);
  const bytes = new Uint8Array(TCP_LENGTH + options.length);
  const view = byteView(bytes);
  view.setUint16(0, requireBits("TCP source port", header.sourcePort, 16));
  view.setUint16(2, requireBits("TCP destination port", header.destinationPort, 16));
  view.setUint32(4, requireBits("TCP sequence number", header.sequenceNumber, 32));
  view.setUint32(8, requireBits("TCP acknowledgment number", header.acknowledgmentNumber, 32));
  view.setUint16(12, ((bytes.length / 4) << 12) | requireBits("TCP flags", header.flags, 12));
  view.setUint16(14, requireBits("TCP window", header.window, 16));
  view.setUint16(16, requireBits("TCP checksum", header.checksum, 16));
  view.setUint16(18, requireBits("TCP urgent pointer", header.urgentPointer, 16));
  bytes.set(options, TCP_LENGTH);
  return bytes;
}

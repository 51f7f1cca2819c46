import { byteView } from "./byte-view";
import { DecodeError, requireBytes } from "./decode-error";
import { EncodeError, requireBits } from "./encode-error";

/** Bytes of a GENEVE header without options. RFC 8926 §3.4. */
export const GENEVE_HEADER_LENGTH = 8;

/** UDP destination port of GENEVE. RFC 8926 §3.3. */
export const GENEVE_PORT = 6081;

/** Most bytes of options: the length has 6 bits and counts words of 4 bytes. RFC 8926 §3.4. */
export const GENEVE_MAX_OPTIONS_LENGTH = 252;

/** A GENEVE header without its options. RFC 8926 §3.4. */
export interface GeneveHeader {
  /** Bytes of options that follow, 0 to 252 in multiples of 4. */
  readonly optionsLength: number;
  /** O: a control packet for the tunnel's end, no payload to forward. */
  readonly control: boolean;
  /** C: an option must be understood or the packet dropped. */
  readonly critical: boolean;
  /** The six bits between C and the protocol type, 0 to 63: zero when sent, ignored when received. */
  readonly reserved1: number;
  /** EtherType of the payload. */
  readonly protocolType: number;
  /** Virtual network identifier, 24 bits; 0 from a GWLB. */
  readonly vni: number;
  /** The last byte: zero when sent, ignored when received. */
  readonly reserved2: number;
}

/** @throws DecodeError when `bytes` does not begin with a GENEVE header of version 0 */
export function decodeGeneveHeader(bytes: Uint8Array): GeneveHeader {
  requireBytes("GENEVE header", bytes, GENEVE_HEADER_LENGTH);
  const view = byteView(bytes);
  const version = view.getUint8(0) >> 6;
  if (version !== 0) {
    throw new DecodeError("version", `GENEVE header: not version 0, got ${version}; RFC 8926 §3.4`);
  }
  const flags = view.getUint8(1);
  return {
    optionsLength: (view.getUint8(0) & 0x3f) * 4,
    control: (flags & 0x80) !== 0,
    critical: (flags & 0x40) !== 0,
    reserved1: flags & 0x3f,
    protocolType: view.getUint16(2),
    vni: view.getUint32(4) >>> 8,
    reserved2: view.getUint8(7),
  };
}

/** @throws EncodeError when a field does not fit */
export function encodeGeneveHeader(header: GeneveHeader): Uint8Array {
  const { optionsLength } = header;
  if (!(Number.isInteger(optionsLength / 4) && optionsLength >= 0 && optionsLength <= GENEVE_MAX_OPTIONS_LENGTH)) {
    throw new EncodeError(
      `GENEVE options length: wrong, got ${optionsLength} bytes; write 0 to ${GENEVE_MAX_OPTIONS_LENGTH} in multiples of 4`,
    );
  }
  const bytes = new Uint8Array(GENEVE_HEADER_LENGTH);
  const view = byteView(bytes);
  view.setUint8(0, optionsLength / 4);
  const flags = (header.control ? 0x80 : 0) | (header.critical ? 0x40 : 0);
  view.setUint8(1, flags | requireBits("GENEVE reserved bits", header.reserved1, 6));
  view.setUint16(2, requireBits("GENEVE protocol type", header.protocolType, 16));
  view.setUint32(4, requireBits("GENEVE VNI", header.vni, 24) * 0x100);
  view.setUint8(7, requireBits("GENEVE reserved byte", header.reserved2, 8));
  return bytes;
}

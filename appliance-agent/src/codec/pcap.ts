import { byteView, concatBytes } from "./byte-view";
import { requireBits } from "./encode-error";

/** Bytes of a capture file's header. */
export const PCAP_HEADER_LENGTH = 24;

/** Bytes of the header before each packet. */
export const PCAP_RECORD_HEADER_LENGTH = 16;

/** What a captured packet begins with. https://www.tcpdump.org/linktypes.html */
export const LINKTYPE = { ethernet: 1, raw: 101 } as const;

/** Longest packet that is kept whole; tcpdump's default. */
export const PCAP_SNAP_LENGTH = 262_144;

/** Nanoseconds instead of microseconds after the second. */
const MAGIC_NANOSECONDS = 0xa1b23c4d;

/**
 * The beginning of a classic capture file, big-endian, with nanoseconds; records follow.
 *
 * @see https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-04.html
 */
export function encodePcapHeader(linkType: keyof typeof LINKTYPE): Uint8Array {
  const bytes = new Uint8Array(PCAP_HEADER_LENGTH);
  const view = byteView(bytes);
  view.setUint32(0, MAGIC_NANOSECONDS);
  view.setUint16(4, 2);
  view.setUint16(6, 4);
  view.setUint32(16, PCAP_SNAP_LENGTH);
  view.setUint32(20, LINKTYPE[linkType]);
  return bytes;
}

/**
 * One packet of a capture file.
 *
 * @param timeNanoseconds since 1970
 * @param originalLength bytes that the packet had. @default - those of `packet`
 */
export function encodePcapRecord(
  timeNanoseconds: bigint,
  packet: Uint8Array,
  originalLength: number = packet.length,
): Uint8Array {
  const header = new Uint8Array(PCAP_RECORD_HEADER_LENGTH);
  const view = byteView(header);
  view.setUint32(0, requireBits("pcap seconds", Number(timeNanoseconds / 1_000_000_000n), 32));
  view.setUint32(4, Number(timeNanoseconds % 1_000_000_000n));
  view.setUint32(8, requireBits("pcap captured length", packet.length, 32));
  view.setUint32(12, requireBits("pcap original length", originalLength, 32));
  return concatBytes(header, packet);
}

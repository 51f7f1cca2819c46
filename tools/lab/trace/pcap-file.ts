import { byteView } from "../../../appliance-agent/src/codec/byte-view";
import { PCAP_HEADER_LENGTH, PCAP_RECORD_HEADER_LENGTH } from "../../../appliance-agent/src/codec/pcap";

/** One frame of a capture. */
export interface CapturedFrame {
  /** Since 1970. */
  readonly timeNanoseconds: bigint;
  /** As far as it was kept; a view. */
  readonly bytes: Uint8Array;
}

/** A classic capture file. */
export interface PcapFile {
  /** What a frame begins with: https://www.tcpdump.org/linktypes.html */
  readonly linkType: number;
  readonly frames: readonly CapturedFrame[];
}

/** First four bytes of a file as one number, by what follows the seconds: nanoseconds in one unit of it. */
const UNITS: ReadonlyMap<number, bigint> = new Map([
  [0xa1b2c3d4, 1000n],
  [0xa1b23c4d, 1n],
]);

/**
 * Reads a capture file in the byte order of whichever machine wrote it. A record that is still being written is left out.
 *
 * @throws Error when it is no classic capture file
 * @see https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-04.html
 */
export function decodePcapFile(bytes: Uint8Array): PcapFile {
  const view = byteView(bytes);
  const hasHeader = bytes.length >= PCAP_HEADER_LENGTH;
  const little = hasHeader && UNITS.has(view.getUint32(0, true));
  const unit = hasHeader ? UNITS.get(view.getUint32(0, little)) : undefined;
  if (unit === undefined) {
    const start = Buffer.from(bytes.subarray(0, 4)).toString("hex") || "nothing";
    throw new Error(`capture: not a pcap file, got ${start} at its beginning; write it with tcpdump -w`);
  }
  const frames: CapturedFrame[] = [];
  for (let at = PCAP_HEADER_LENGTH; at + PCAP_RECORD_HEADER_LENGTH <= bytes.length;) {
    const seconds = BigInt(view.getUint32(at, little));
    const fraction = BigInt(view.getUint32(at + 4, little));
    const start = at + PCAP_RECORD_HEADER_LENGTH;
    const end = start + view.getUint32(at + 8, little);
    if (end > bytes.length) break;
    frames.push({ timeNanoseconds: seconds * 1_000_000_000n + fraction * unit, bytes: bytes.subarray(start, end) });
    at = end;
  }
  return { linkType: view.getUint32(20, little) & 0xffff, frames };
}

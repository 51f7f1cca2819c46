import { byteView } from "../../../appliance-agent/src/codec/byte-view";
import { requireBytes } from "../../../appliance-agent/src/codec/decode-error";

/** Link type of captures on all interfaces: https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL2.html */
export const LINKTYPE_LINUX_SLL2 = 276;

/** Bytes of the header before the packet. */
export const COOKED_HEADER_LENGTH = 20;

/** `PACKET_OUTGOING` of packet(7); every other type has arrived. */
const PACKET_OUTGOING = 4;

/** What a capture on all interfaces says about a packet. */
export interface CookedHeader {
  /** EtherType. */
  readonly protocol: number;
  readonly interfaceIndex: number;
  readonly direction: "in" | "out";
}

/** @throws DecodeError when `bytes` is shorter than a header */
export function decodeCookedHeader(bytes: Uint8Array): CookedHeader {
  requireBytes("cooked capture header", bytes, COOKED_HEADER_LENGTH);
  const view = byteView(bytes);
  return {
    protocol: view.getUint16(0),
    interfaceIndex: view.getUint32(4),
    direction: view.getUint8(10) === PACKET_OUTGOING ? "out" : "in",
  };
}

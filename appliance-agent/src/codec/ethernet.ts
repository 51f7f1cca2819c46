import { byteView } from "./byte-view";
import { requireBytes } from "./decode-error";
import { requireBits, requireExactly } from "./encode-error";

/** Bytes of an Ethernet header without a VLAN tag. IEEE 802.3 §3.1.1. */
export const ETHERNET_LENGTH = 14;

/** EtherTypes. https://www.iana.org/assignments/ieee-802-numbers */
export const ETHERTYPE = { ipv4: 0x0800, ipv6: 0x86dd } as const;

/** An Ethernet II header. */
export interface Ethernet {
  /** Destination MAC address, 6 bytes; a view. */
  readonly destination: Uint8Array;
  /** Source MAC address, 6 bytes; a view. */
  readonly source: Uint8Array;
  /** EtherType, 0 to 65535. */
  readonly etherType: number;
}

/** @throws DecodeError when `bytes` is shorter than an Ethernet header */
export function decodeEthernet(bytes: Uint8Array): Ethernet {
  requireBytes("Ethernet header", bytes, ETHERNET_LENGTH);
  return {
    destination: bytes.subarray(0, 6),
    source: bytes.subarray(6, 12),
    etherType: byteView(bytes).getUint16(12),
  };
}

/** @throws EncodeError when a field does not fit */
export function encodeEthernet(header: Ethernet): Uint8Array {
  const bytes = new Uint8Array(ETHERNET_LENGTH);
  bytes.set(requireExactly("Ethernet destination", header.destination, 6), 0);
  bytes.set(requireExactly("Ethernet source", header.source, 6), 6);
  byteView(bytes).setUint16(12, requireBits("Ethernet type", header.etherType, 16));
  return bytes;
}

import type { DataPathOptions } from "./data-path";

/** Bytes of `struct settings` in ebpf/settings.h. */
export const SETTINGS_BYTES = 44;

const ATTACHMENTS = [undefined, "hairpin-tc", "hairpin-xdp", "routed-tc"] as const;

/** Which program is attached where. */
export type Attachment = Exclude<(typeof ATTACHMENTS)[number], undefined>;

/** What the agent tells the programs, and itself after a restart. */
export interface Settings {
  /** Of the underlay interface, 6 bytes; the programs leave packets for other stations alone. */
  readonly mac: Uint8Array;
  /** Kernels before 6.3: decapsulate IPv6 by bpf_skb_change_proto. */
  readonly ipv6DecapByProtocolChange: boolean;
  /** Interface index. */
  readonly underlay: number;
  /** undefined: nothing was ever attached */
  readonly attachment: Attachment | undefined;
  /** SHA-256 of the object whose program is attached, 64 hexadecimal digits. */
  readonly objectSha256: string;
}

/** `struct settings`. */
export function encodeSettings(settings: Settings): Buffer {
  const bytes = Buffer.alloc(SETTINGS_BYTES);
  bytes.set(settings.mac, 0);
  bytes.writeUInt8(settings.ipv6DecapByProtocolChange ? 1 : 0, 6);
  bytes.writeUInt8(ATTACHMENTS.indexOf(settings.attachment), 7);
  bytes.writeUInt32LE(settings.underlay, 8);
  bytes.write(settings.objectSha256, 12, "hex");
  return bytes;
}

/** The reverse of `encodeSettings`. */
export function decodeSettings(bytes: Buffer): Settings {
  return {
    mac: bytes.subarray(0, 6),
    ipv6DecapByProtocolChange: bytes.readUInt8(6) !== 0,
    attachment: ATTACHMENTS[bytes.readUInt8(7)],
    underlay: bytes.readUInt32LE(8),
    objectSha256: bytes.toString("hex", 12, 44),
  };
}

/** The attachment that options ask for. */
export function attachmentOf({ mode, hook }: Pick<DataPathOptions, "mode" | "hook">): Attachment {
  if (mode === "routed") return "routed-tc";
  return hook === "xdp" ? "hairpin-xdp" : "hairpin-tc";
}

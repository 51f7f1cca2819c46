import { concatBytes } from "./byte-view";
import { requireBytes } from "./decode-error";
import { GENEVE_HEADER_LENGTH, GeneveHeader, decodeGeneveHeader, encodeGeneveHeader } from "./geneve-header";
import { GeneveOption, decodeGeneveOptions, encodeGeneveOptions } from "./geneve-option";

/** A GENEVE packet, cut into header, options and payload. RFC 8926 §3.1. */
export interface GenevePacket {
  readonly header: GeneveHeader;
  readonly options: readonly GeneveOption[];
  /** The packet inside; a view, not a copy. */
  readonly payload: Uint8Array;
}

/** @throws DecodeError when `bytes`, a UDP payload, is not a GENEVE packet */
export function decodeGenevePacket(bytes: Uint8Array): GenevePacket {
  const header = decodeGeneveHeader(bytes);
  const payloadAt = GENEVE_HEADER_LENGTH + header.optionsLength;
  requireBytes("GENEVE options", bytes, payloadAt);
  return {
    header,
    options: decodeGeneveOptions(bytes.subarray(GENEVE_HEADER_LENGTH, payloadAt)),
    payload: bytes.subarray(payloadAt),
  };
}

/**
 * The options' length is taken from the options.
 *
 * @throws EncodeError when a field does not fit
 */
export function encodeGenevePacket(packet: {
  readonly header: Omit<GeneveHeader, "optionsLength">;
  readonly options: readonly GeneveOption[];
  readonly payload: Uint8Array;
}): Uint8Array {
  const options = encodeGeneveOptions(packet.options);
  return concatBytes(encodeGeneveHeader({ ...packet.header, optionsLength: options.length }), options, packet.payload);
}

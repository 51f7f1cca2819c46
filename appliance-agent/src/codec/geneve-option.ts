import { byteView, concatBytes } from "./byte-view";
import { requireBytes } from "./decode-error";
import { requireBits, requireLength } from "./encode-error";

/** Bytes of an option before its data. RFC 8926 §3.5. */
export const GENEVE_OPTION_HEADER_LENGTH = 4;

/** Most bytes of one option's data: the length has 5 bits and counts words of 4 bytes. RFC 8926 §3.5. */
export const GENEVE_OPTION_MAX_DATA_LENGTH = 124;

/** One GENEVE option. RFC 8926 §3.5. */
export interface GeneveOption {
  /** Namespace of `type`, 16 bits. */
  readonly optionClass: number;
  /** The high bit of the type byte: whoever does not know the option drops the packet. */
  readonly critical: boolean;
  /** The other seven bits of the type byte, 0 to 127. */
  readonly type: number;
  /** The three bits before the length, 0 to 7: zero when sent, ignored when received. */
  readonly reserved: number;
  /** 0 to 124 bytes in multiples of 4; a view. */
  readonly data: Uint8Array;
}

/**
 * @param bytes exactly the options
 * @throws DecodeError when the last option ends after `bytes`
 */
export function decodeGeneveOptions(bytes: Uint8Array): GeneveOption[] {
  const options: GeneveOption[] = [];
  for (let rest = bytes; rest.length > 0;) {
    requireBytes("GENEVE option", rest, GENEVE_OPTION_HEADER_LENGTH);
    const view = byteView(rest);
    const end = GENEVE_OPTION_HEADER_LENGTH + (view.getUint8(3) & 0x1f) * 4;
    requireBytes("GENEVE option data", rest, end);
    options.push({
      optionClass: view.getUint16(0),
      critical: (view.getUint8(2) & 0x80) !== 0,
      type: view.getUint8(2) & 0x7f,
      reserved: view.getUint8(3) >> 5,
      data: rest.subarray(GENEVE_OPTION_HEADER_LENGTH, end),
    });
    rest = rest.subarray(end);
  }
  return options;
}

/** @throws EncodeError when a field does not fit */
export function encodeGeneveOptions(options: readonly GeneveOption[]): Uint8Array {
  return concatBytes(...options.map(encodeGeneveOption));
}

function encodeGeneveOption(option: GeneveOption): Uint8Array {
  const data = requireLength("GENEVE option data", option.data, GENEVE_OPTION_MAX_DATA_LENGTH, 4);
  const bytes = new Uint8Array(GENEVE_OPTION_HEADER_LENGTH + data.length);
  const view = byteView(bytes);
  view.setUint16(0, requireBits("GENEVE option class", option.optionClass, 16));
  view.setUint8(2, (option.critical ? 0x80 : 0) | requireBits("GENEVE option type", option.type, 7));
  view.setUint8(3, (requireBits("GENEVE option reserved bits", option.reserved, 3) << 5) | (data.length / 4));
  bytes.set(data, GENEVE_OPTION_HEADER_LENGTH);
  return bytes;
}

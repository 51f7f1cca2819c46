/**
 * Why bytes are not what they should be:
 *
 * - `truncated`: they end before the header does, or before the length that the header states
 * - `version`: a version number that the decoder does not know
 * - `length`: a length field that contradicts another, or that is below the header's minimum
 * - `protocol`: a next-protocol field that names something that is not decoded here
 * - `value`: a field with a value that its RFC forbids
 */
export const DECODE_ERROR_REASONS = ["truncated", "version", "length", "protocol", "value"] as const;

/** Why bytes are not what they should be. */
export type DecodeErrorReason = (typeof DECODE_ERROR_REASONS)[number];

/** Bytes that are not the header they should be; `<layer>: <what is wrong>, got <value>; <what is right>`. */
export class DecodeError extends Error {
  override readonly name = "DecodeError";

  /**
   * @param reason for counters
   * @param where of a `truncated` error: the layer, the bytes it needs, the bytes there are
   */
  constructor(
    readonly reason: DecodeErrorReason,
    message: string,
    readonly where?: { readonly layer: string; readonly needed: number; readonly available: number },
  ) {
    super(message);
  }
}

/**
 * @param layer in the RFC's words, as `IPv4 header`
 * @param needed length in bytes
 * @throws DecodeError `truncated` when `bytes` is shorter than `needed`
 */
export function requireBytes(layer: string, bytes: Uint8Array, needed: number): void {
  const available = bytes.length;
  if (available >= needed) return;
  throw new DecodeError("truncated", `${layer}: too short, got ${available} bytes; needs ${needed}`, {
    layer,
    needed,
    available,
  });
}

/** A value that its field on the wire cannot hold. */
export class EncodeError extends RangeError {
  override readonly name = "EncodeError";
}

/**
 * @param field as `UDP source port`
 * @param bits width of the field
 * @returns `value`
 * @throws EncodeError when it is no whole number of that many bits
 */
export function requireBits(field: string, value: number, bits: number): number {
  const last = 2 ** bits - 1;
  if (Number.isInteger(value) && value >= 0 && value <= last) return value;
  throw new EncodeError(`${field}: does not fit, got ${value}; write a whole number from 0 to ${last}`);
}

/**
 * @param field as `IPv4 options`
 * @returns `bytes`
 * @throws EncodeError when it is longer than `most`, or no multiple of `unit` bytes long
 */
export function requireLength(field: string, bytes: Uint8Array, most: number, unit: number): Uint8Array {
  if (bytes.length <= most && bytes.length % unit === 0) return bytes;
  throw new EncodeError(
    `${field}: wrong length, got ${bytes.length} bytes; write 0 to ${most} in multiples of ${unit}`,
  );
}

/**
 * @param field as `IPv4 source address`
 * @returns `bytes`
 * @throws EncodeError when it is not exactly `length` bytes long
 */
export function requireExactly(field: string, bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length === length) return bytes;
  throw new EncodeError(`${field}: wrong length, got ${bytes.length} bytes; write ${length}`);
}

/**
 * The one's complement of the one's complement sum of 16-bit words; an odd last byte is padded with zero.
 *
 * Over bytes whose checksum field is right it is 0. All parts but the last must have an even length.
 *
 * @returns 0 to 65535, to be written in network byte order
 * @see RFC 1071
 */
export function internetChecksum(...parts: readonly Uint8Array[]): number {
  let sum = 0;
  for (const part of parts) {
    for (let i = 0; i < part.length; i += 2) sum += ((part[i] ?? 0) << 8) | (part[i + 1] ?? 0);
  }
  while (sum > 0xffff) sum = Math.floor(sum / 0x10000) + (sum & 0xffff);
  return 0xffff ^ sum;
}

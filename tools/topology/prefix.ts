import ipaddr from "ipaddr.js";

/** An IP address as a number. */
export interface Address {
  readonly family: "ipv4" | "ipv6";
  readonly value: bigint;
}

/** An IPv4 or IPv6 CIDR block. */
export interface Prefix {
  readonly family: "ipv4" | "ipv6";
  /** Lowest address; host bits are zero. */
  readonly network: bigint;
  /** Leading bits that count, 0 to 32 or 0 to 128. */
  readonly length: number;
}

const BITS = { ipv4: 32, ipv6: 128 } as const;

/** @returns the address, or nothing when `text` is not one in dotted-decimal or RFC 4291 notation */
export function parseAddress(text: string): Address | undefined {
  if (!ipaddr.IPv4.isValidFourPartDecimal(text) && !ipaddr.IPv6.isValid(text)) return undefined;
  const address = ipaddr.parse(text);
  const value = address.toByteArray().reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return { family: address.kind(), value };
}

/** Blocks that have been parsed: a walk asks for the same ones again and again. Emptied when it grows beyond this. */
const MAX_REMEMBERED = 20_000;
const remembered = new Map<string, Prefix | undefined>();

/** @returns the block with its host bits cleared, or nothing when `text` is not a CIDR block */
export function parsePrefix(text: string): Prefix | undefined {
  if (!remembered.has(text)) {
    if (remembered.size >= MAX_REMEMBERED) remembered.clear();
    remembered.set(text, parseBlock(text));
  }
  return remembered.get(text);
}

function parseBlock(text: string): Prefix | undefined {
  const [, address, bits] = /^([0-9a-fA-F.:]+)\/(\d{1,3})$/.exec(text) ?? [];
  const parsed = address === undefined ? undefined : parseAddress(address);
  const length = Number(bits);
  if (!parsed || length > BITS[parsed.family]) return undefined;
  const hostBits = BigInt(BITS[parsed.family] - length);
  return { family: parsed.family, network: (parsed.value >> hostBits) << hostBits, length };
}

/** The block that holds one address only. */
export function hostPrefix(address: Address): Prefix {
  return { family: address.family, network: address.value, length: BITS[address.family] };
}

/** Whether every address of `inner` is in `outer`. */
export function covers(outer: Prefix, inner: Prefix): boolean {
  if (outer.family !== inner.family || outer.length > inner.length) return false;
  const hostBits = BigInt(BITS[outer.family] - outer.length);
  return outer.network >> hostBits === inner.network >> hostBits;
}

/** Whether `prefix` holds `address`. */
export function contains(prefix: Prefix, address: Address): boolean {
  return covers(prefix, hostPrefix(address));
}

/** Whether two blocks share an address. */
export function overlaps(one: Prefix, other: Prefix): boolean {
  return covers(one, other) || covers(other, one);
}

/** The address at `offset` from the block's lowest one. */
export function addressAt(prefix: Prefix, offset: bigint): Address {
  return { family: prefix.family, value: prefix.network + offset };
}

/** `10.1.0.4`, or an IPv6 address as RFC 5952 writes it. */
export function formatAddress(address: Address): string {
  const bytes = BITS[address.family] / 8;
  const octets = Array.from({ length: bytes }, (_, i) =>
    Number((address.value >> BigInt(8 * (bytes - 1 - i))) & 0xffn),
  );
  return ipaddr.fromByteArray(octets).toString();
}

/** `10.1.0.0/24`. */
export function formatPrefix(prefix: Prefix): string {
  return `${formatAddress({ family: prefix.family, value: prefix.network })}/${prefix.length}`;
}

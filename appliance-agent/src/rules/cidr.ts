import ipaddr from "ipaddr.js";

/**
 * Longest prefix that is as good as everywhere: 0.0.0.0/1 and 128.0.0.0/1 are the internet in two halves, and half of
 * 2000::/3 (the addresses that are given out, RFC 4291 §2.4) is not a list of known addresses either.
 */
export const EVERYWHERE_PREFIX_LENGTH = 4;

/** IP version, as rules name it. */
export type Family = "ipv4" | "ipv6";

/** A network: its first address as a number, and the length of its prefix. */
export interface Cidr {
  readonly family: Family;
  /** First address, network byte order read as one number. */
  readonly address: bigint;
  /** Leading bits that are fixed, 0 to 32 or 128. */
  readonly prefixLength: number;
}

/** Bits of an address. */
export const ADDRESS_BITS: Readonly<Record<Family, number>> = { ipv4: 32, ipv6: 128 };

/** Why a text is not a CIDR, and what to write instead. */
export interface CidrProblem {
  readonly what: string;
  readonly fix: string;
}

/** A CIDR of either family, host bits zero; or why `text` is none. */
export function parseCidr(text: string): Cidr | CidrProblem {
  const slash = text.indexOf("/");
  if (slash < 0) {
    const family = addressFamily(text);
    if (!family) return notACidr;
    return { what: "an address without a prefix length", fix: `write ${text}/${ADDRESS_BITS[family]}` };
  }
  const parsed = readAddress(text.slice(0, slash));
  const prefix = text.slice(slash + 1);
  if (!parsed || !/^(0|[1-9]\d{0,2})$/.test(prefix)) return notACidr;
  const { family, address } = parsed;
  const bits = ADDRESS_BITS[family];
  const prefixLength = Number(prefix);
  if (prefixLength > bits) {
    return { what: "a prefix length out of range", fix: `a prefix of ${familyName(family)} has 0 to ${bits} bits` };
  }
  const hostBits = BigInt(bits - prefixLength);
  const network = (address >> hostBits) << hostBits;
  if (network !== address) {
    return { what: "a CIDR with host bits set", fix: `write ${formatAddress(family, network)}/${prefixLength}` };
  }
  return { family, address, prefixLength };
}

const notACidr: CidrProblem = {
  what: "not a CIDR",
  fix: "write an IPv4 or IPv6 network such as 10.1.0.0/16 or 2001:db8::/32",
};

/** Whether {@link parseCidr} found a CIDR. */
export function isCidr(parsed: Cidr | CidrProblem): parsed is Cidr {
  return "family" in parsed;
}

/** The CIDRs of one family, in their order; a text that is none belongs to the family its colons suggest. */
export function cidrsOf(family: Family, texts: readonly string[]): string[] {
  return texts.filter((text) => text.includes(":") === (family === "ipv6"));
}

/** The family of an address in its usual notation (four decimal parts, or RFC 4291 §2.2 without a zone); else undefined. */
export function addressFamily(text: string): Family | undefined {
  return readAddress(text)?.family;
}

/** An address as a number. @throws Error when it is none; call {@link addressFamily} first */
export function parseAddress(text: string): bigint {
  const read = readAddress(text);
  if (!read) throw new Error(`address: not an IPv4 or IPv6 address, got '${text}'; write one without a zone`);
  return read.address;
}

const FOUR_DECIMAL_PARTS = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/;

/** IPv4 without the library, which takes 20 times as long: a list may have hundreds of thousands of addresses. */
function readAddress(text: string): { readonly family: Family; readonly address: bigint } | undefined {
  const parts = FOUR_DECIMAL_PARTS.exec(text)?.slice(1).map(Number);
  if (parts)
    return parts.some((part) => part > 255)
      ? undefined
      : { family: "ipv4", address: BigInt(parts.reduce((number, part) => number * 256 + part, 0)) };
  if (!text.includes(":") || text.includes("%")) return undefined;
  try {
    return { family: "ipv6", address: addressNumber(Uint8Array.from(ipaddr.IPv6.parse(text).toByteArray())) };
  } catch {
    return undefined;
  }
}

/** An address of 4 or 16 bytes, network byte order, as a number. */
export function addressNumber(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex")}`);
}

/** An address in the notation that the kernel's tools print (IPv6: RFC 5952). */
export function formatAddress(family: Family, address: bigint): string {
  const bytes = Array.from({ length: ADDRESS_BITS[family] / 8 }, (_, i, n = ADDRESS_BITS[family] / 8) =>
    Number((address >> BigInt(8 * (n - 1 - i))) & 0xffn),
  );
  return family === "ipv4" ? bytes.join(".") : new ipaddr.IPv6(bytes).toRFC5952String();
}

/** `family` as an RFC writes it. */
export function familyName(family: Family): string {
  return family === "ipv4" ? "IPv4" : "IPv6";
}

/** Whether an address lies in the network. */
export function contains(cidr: Cidr, address: bigint): boolean {
  return (address ^ cidr.address) >> BigInt(ADDRESS_BITS[cidr.family] - cidr.prefixLength) === 0n;
}

/** Whether every address of `inner` lies in `outer`. */
export function covers(outer: Cidr, inner: Cidr): boolean {
  return outer.family === inner.family && outer.prefixLength <= inner.prefixLength && contains(outer, inner.address);
}

import ipaddr from "ipaddr.js";

/** @returns 4 or 16 bytes of an IPv4 or IPv6 address as text. @throws Error when it is none */
export function parseIpAddress(text: string): Uint8Array {
  if (!ipaddr.IPv4.isValidFourPartDecimal(text) && !ipaddr.IPv6.isValid(text)) {
    throw new Error(`IP address: not one, got "${text}"; write it as 192.0.2.1 or 2001:db8::1`);
  }
  return Uint8Array.from(ipaddr.parse(text).toByteArray());
}

/** @param bytes 4 or 16. @returns as the kernel's tools print it (IPv6: RFC 5952) */
export function formatIpAddress(bytes: Uint8Array): string {
  const address = ipaddr.fromByteArray([...bytes]);
  return address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString();
}

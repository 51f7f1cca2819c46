import { Cidr, formatAddress, isCidr, parseCidr } from "../rules/cidr";

/** `struct source_cidr` of ebpf/settings.h. @throws Error when `text` is not an IPv4 CIDR */
export function encodeSourceCidr(text: string): Buffer {
  const cidr = parseCidr(text);
  if (!isCidr(cidr) || cidr.family !== "ipv4")
    throw new Error(`geneveSources: not an IPv4 CIDR, got ${text}; write the subnets of the load balancer`);
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(cidr.prefixLength, 0);
  bytes.writeUInt32BE(Number(cidr.address), 4);
  return bytes;
}

/** The reverse of `encodeSourceCidr`. */
export function decodeSourceCidr(bytes: Buffer): string {
  const cidr: Cidr = { family: "ipv4", prefixLength: bytes.readUInt32LE(0), address: BigInt(bytes.readUInt32BE(4)) };
  return `${formatAddress("ipv4", cidr.address)}/${cidr.prefixLength}`;
}

import { CASES } from "../test-run/inbound-packets";
import { Random } from "../test-run/random-packets";
import { ETHERTYPE } from "../../appliance-agent/src/codec/ethernet";
import { internetChecksum } from "../../appliance-agent/src/codec/internet-checksum";

/** Bytes of an Ethernet header. */
export const ETHERNET = 14;
/** The kernel's test run refuses frames that end within the IP header that their EtherType announces. */
const SHORTEST = 34;
const SHORTEST_IPV6 = 54;

/** Frames that mutated ones are made of: the verdict table's. */
export const SEEDS: readonly Buffer[] = CASES.map(({ packet }) => Buffer.from(packet)).filter(
  (packet) => packet.length >= SHORTEST,
);

/** Bytes flipped, replaced, lengths bent, ends cut, the outer checksum put right most of the time. */
export function mutate(packet: Buffer, random: Random): Buffer {
  let bytes = Buffer.from(packet);
  for (let changes = random.below(4); changes > 0; changes--) {
    const at = random.below(random.chance(2) ? bytes.length : Math.min(bytes.length, 100));
    if (random.chance(3)) bytes.writeUInt8(random.below(256), at);
    else bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << random.below(8)), at);
  }
  if (random.chance(8)) bytes = bytes.subarray(0, SHORTEST + random.below(bytes.length - SHORTEST + 1));
  if (random.chance(16)) bytes = Buffer.concat([bytes, Buffer.alloc(random.below(64), random.below(256))]);
  if (!random.chance(8)) repairChecksum(bytes);
  const missing = bytes.readUInt16BE(12) === ETHERTYPE.ipv6 ? SHORTEST_IPV6 - bytes.length : 0;
  return missing > 0 ? Buffer.concat([bytes, Buffer.alloc(missing)]) : bytes;
}

function repairChecksum(bytes: Buffer): void {
  const header = bytes.subarray(ETHERNET, ETHERNET + (bytes.readUInt8(ETHERNET) & 0xf) * 4);
  if (header.length < 20) return;
  header.writeUInt16BE(0, 10);
  header.writeUInt16BE(internetChecksum(header), 10);
}

import { IP_PROTOCOL } from "../../appliance-agent/src/codec/ip-protocol";
import { composeIpv4, composeIpv6 } from "../../appliance-agent/src/codec/ip-compose";
import { encodeIpv6Fragment } from "../../appliance-agent/src/codec/ipv6-extension";
import { formatAddress } from "../../appliance-agent/src/rules/cidr";
import { PacketFacts } from "../../appliance-agent/src/rules/packet-facts";

/** Numbers that are the same in every run with the same seed: 32 bits (mulberry32). */
export class Random {
  constructor(private state: number) {}

  /** 0 to `below` - 1 */
  below(below: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  }

  chance(oneIn: number): boolean {
    return this.below(oneIn) === 0;
  }

  pick<T>(all: readonly T[]): T {
    return all[this.below(all.length)] as T;
  }
}

/** A packet with these facts, with options, extension headers and payload that no rule asks about. */
export function packetWith(facts: PacketFacts, random: Random): Uint8Array {
  const ends = {
    source: formatAddress(facts.family, facts.source),
    destination: formatAddress(facts.family, facts.destination),
  };
  const identification = random.below(65_536);
  const offset = facts.fragment === "later" ? 8 * (1 + random.below(100)) : 0;
  const moreFragments = facts.fragment === "first" || (facts.fragment === "later" && random.chance(2));
  const upper = { protocol: facts.protocol ?? IP_PROTOCOL.destinationOptions, bytes: upperBytes(facts, random) };
  if (facts.family === "ipv4") {
    const options = new Uint8Array(4 * (random.chance(4) ? random.below(11) : 0)).fill(1);
    return composeIpv4(ends, upper, {
      identification,
      dontFragment: false,
      moreFragments,
      fragmentOffset: offset,
      options,
    });
  }
  const before = random.chance(4) ? extensions(random, random.below(4)) : [];
  const fragment =
    facts.fragment === "none"
      ? []
      : [{ protocol: IP_PROTOCOL.fragment, data: encodeIpv6Fragment({ offset, moreFragments, identification }) }];
  const after = facts.fragment !== "later" && random.chance(4) ? extensions(random, random.below(4)) : [];
  return composeIpv6(ends, upper, { extensions: [...before, ...fragment, ...after] });
}

/** The same packet with something wrong, or at least something else, in it. */
export function mutated(packet: Uint8Array, random: Random): Uint8Array {
  if (random.chance(4)) return packet.slice(0, random.below(packet.length + 1));
  if (random.chance(8)) return Buffer.concat([packet, Buffer.alloc(1 + random.below(8))]);
  const bytes = packet.slice();
  for (let i = 1 + random.below(3); i > 0; i--) {
    const at = random.below(random.chance(2) ? bytes.length : Math.min(bytes.length, 64));
    bytes[at] = random.chance(2) ? random.below(256) : (bytes[at] ?? 0) ^ (1 << random.below(8));
  }
  return bytes;
}

function extensions(random: Random, count: number) {
  return Array.from({ length: count }, () => {
    const protocol = random.pick([0, 43, 51, 60, 135, 139, 140]);
    const units = random.below(3);
    return { protocol, data: new Uint8Array(protocol === 51 ? 4 * units + 6 : 8 * units + 6) };
  });
}

function upperBytes(facts: PacketFacts, random: Random): Uint8Array {
  const bytes = Buffer.alloc(4 + random.below(60));
  if (facts.sourcePort !== undefined) bytes.writeUInt16BE(facts.sourcePort, 0);
  if (facts.destinationPort !== undefined) bytes.writeUInt16BE(facts.destinationPort, 2);
  if (facts.icmpType !== undefined) bytes.writeUInt8(facts.icmpType, 0);
  return bytes;
}

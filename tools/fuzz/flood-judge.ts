import { DecodeError } from "../../appliance-agent/src/codec/decode-error";
import { decodeGenevePacket } from "../../appliance-agent/src/codec/geneve-packet";
import { internetChecksum } from "../../appliance-agent/src/codec/internet-checksum";
import { decodeIpPacket } from "../../appliance-agent/src/codec/ip-packet";
import { IP_PROTOCOL } from "../../appliance-agent/src/codec/ip-protocol";
import { pseudoHeader } from "../../appliance-agent/src/codec/pseudo-header";

const ETHERNET = 14;
const IP = ETHERNET;
const UDP_BYTES = 8;
/** RFC 792: unreachable, redirect, time exceeded, parameter problem. */
const ICMP_ERRORS: readonly number[] = [3, 5, 11, 12];

/** Knows every frame that was sent, and so whether one that comes back is what its packet should have become. */
export class FloodJudge {
  /** How often a frame (hairpin) or an inner packet (routed) is still to be expected. */
  private readonly expected = new Map<string, number>();
  /** Routed: outer source, UDP source port and GENEVE bytes of a frame. */
  private readonly tunnels = new Set<string>();
  private readonly wellFormed = new Set<string>();
  private readonly wrong: Record<string, string> = {};
  private counts = { wellFormedSent: 0, wellFormedReturned: 0, received: 0, icmpErrors: 0 };

  constructor(private readonly mode: "hairpin" | "routed") {}

  /** A frame that was sent. */
  expect(frame: Buffer, wellFormed: boolean): void {
    const key = this.mode === "hairpin" ? keyOf(frame) : routedKey(innerOf(frame));
    this.expected.set(key, (this.expected.get(key) ?? 0) + 1);
    if (this.mode === "routed") this.tunnels.add(tunnelOf(frame, 26));
    if (!wellFormed) return;
    this.wellFormed.add(key);
    this.counts.wellFormedSent += 1;
  }

  /** A frame that came back. */
  take(frame: Buffer): void {
    this.counts.received += 1;
    const problem = this.problemOf(frame);
    if (problem !== undefined) this.wrong[problem] ??= frame.toString("hex");
  }

  result() {
    const { wellFormedSent: sent, wellFormedReturned: returned, received, icmpErrors } = this.counts;
    return { wellFormed: { sent, returned }, received, icmpErrors, wrong: this.wrong };
  }

  private problemOf(frame: Buffer): string | undefined {
    if (this.mode === "hairpin") return this.wrongTurn(frame);
    try {
      return this.wrongEncapsulation(frame);
    } catch (error) {
      if (error instanceof DecodeError) return error.message;
      throw error;
    }
  }

  /** Both addresses of both outer layers swapped, every other byte as sent. */
  private wrongTurn(frame: Buffer): string | undefined {
    const turned = Buffer.from(frame);
    frame.copy(turned, 0, 6, 12);
    frame.copy(turned, 6, 0, 6);
    frame.copy(turned, 26, 30, 34);
    frame.copy(turned, 30, 26, 30);
    if (internetChecksum(outerHeader(frame)) !== 0) return "outer checksum";
    return this.isExpected(keyOf(turned)) ? undefined : "not a frame that was sent, or once too often";
  }

  /** Outer headers made anew, GENEVE bytes as sent, the inner packet one hop further or an ICMP error about one. */
  private wrongEncapsulation(frame: Buffer): string | undefined {
    if (internetChecksum(outerHeader(frame)) !== 0) return "outer checksum";
    if (!this.tunnels.has(tunnelOf(frame, 30))) return "GENEVE bytes, UDP source port or outer destination";
    const { at } = genevePart(frame);
    if (frame.readUInt16BE(IP + 2) !== frame.length - IP) return "outer total length";
    if (frame.readUInt16BE(at - 4) !== frame.length - at + UDP_BYTES) return "UDP length";
    const { payload: inner } = decodeGenevePacket(frame.subarray(at));
    const { family } = decodeIpPacket(inner);
    if (family === "ipv4" && internetChecksum(inner.subarray(0, ((inner[0] ?? 0) & 0xf) * 4)) !== 0)
      return "inner IPv4 checksum";
    if (this.isExpected(routedKey(Buffer.from(inner)))) return undefined;
    if (!isSoundIcmpError(inner)) return "not an inner packet that was sent, or once too often";
    this.counts.icmpErrors += 1;
    return undefined;
  }

  private isExpected(key: string): boolean {
    const left = this.expected.get(key) ?? 0;
    if (left === 0) return false;
    this.expected.set(key, left - 1);
    if (this.wellFormed.has(key)) this.counts.wellFormedReturned += 1;
    return true;
  }
}

function keyOf(bytes: Buffer): string {
  return bytes.toString("latin1");
}

function outerHeader(frame: Buffer): Buffer {
  return frame.subarray(IP, IP + headerBytes(frame, IP));
}

function headerBytes(bytes: Buffer, at: number): number {
  return ((bytes[at] ?? 0) & 0xf) * 4;
}

function genevePart(frame: Buffer): { readonly at: number; readonly end: number } {
  const at = IP + headerBytes(frame, IP) + UDP_BYTES;
  return { at, end: at + 8 + ((frame[at] ?? 0) & 0x3f) * 4 };
}

/** What is no such frame has bytes there all the same, and never comes back. */
function tunnelOf(frame: Buffer, addressAt: number): string {
  const { at, end } = genevePart(frame);
  const port = frame.subarray(at - UDP_BYTES, at - UDP_BYTES + 2);
  return keyOf(Buffer.concat([frame.subarray(addressAt, addressAt + 4), port, frame.subarray(at, end)]));
}

/** Without the frame's padding. */
function innerOf(frame: Buffer): Buffer {
  return frame.subarray(genevePart(frame).end, IP + frame.readUInt16BE(IP + 2));
}

/** All that a router leaves as it is: RFC 791 §3.1 lets it write in the options, too. */
function routedKey(inner: Buffer): string {
  const bytes = Buffer.from(inner);
  if ((bytes[0] ?? 0) >> 4 === 6) bytes.subarray(7, 8).fill(0);
  else
    for (const [from, to] of [
      [8, 9],
      [10, 12],
      [20, headerBytes(bytes, 0)],
    ] as const)
      bytes.subarray(from, to).fill(0);
  return keyOf(bytes);
}

function isSoundIcmpError(inner: Uint8Array): boolean {
  const { family, protocol, payload, source, destination } = decodeIpPacket(inner);
  const type = payload[0] ?? 0;
  if (family === "ipv4")
    return protocol === IP_PROTOCOL.icmp && ICMP_ERRORS.includes(type) && internetChecksum(payload) === 0;
  const summed = [pseudoHeader(source, destination, protocol, payload.length), payload];
  return protocol === IP_PROTOCOL.icmpv6 && type >= 1 && type <= 4 && internetChecksum(...summed) === 0;
}

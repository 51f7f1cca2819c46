import ipaddr from "ipaddr.js";
import type { EmulatorConfiguration } from "./emulator-configuration";
import type { TargetHealth } from "./target-health";

/** Most targets of a zone, `MAX_TARGETS` in choose_target.h. */
export const MAX_TARGETS = 64;

const STICKINESS = ["5-tuple", "3-tuple", "2-tuple"] as const;
const NANOSECONDS = 1_000_000_000n;

/** A registered or deregistered target. */
export interface TargetState {
  readonly name: string;
  readonly address: string;
  readonly zone: string;
  readonly registered: boolean;
  readonly health: TargetHealth;
}

/** A flow as the emulator has it. */
export interface EmulatedFlow {
  readonly family: "ipv4" | "ipv6";
  readonly protocol: number;
  readonly low: string;
  readonly lowPort: number;
  readonly high: string;
  readonly highPort: number;
  readonly cookie: string;
  readonly target: string;
  readonly packetsOut: number;
  readonly packetsBack: number;
}

/** `struct balancer`. */
export function encodeBalancer(configuration: EmulatorConfiguration): Uint8Array {
  const bytes = Buffer.alloc(24);
  bytes.writeBigUInt64LE(BigInt(configuration.tcpIdleSeconds) * NANOSECONDS, 0);
  bytes.writeBigUInt64LE(BigInt(configuration.otherIdleSeconds) * NANOSECONDS, 8);
  bytes.writeUInt32LE(STICKINESS.indexOf(configuration.stickiness), 16);
  bytes.writeUInt32LE(configuration.failover === "rebalance" ? 1 : 0, 20);
  return bytes;
}

/** `struct endpoint`. @param node interface index and address of the load balancer in the endpoint's zone */
export function encodeEndpoint(
  endpoint: EmulatorConfiguration["endpoints"][number],
  zone: number,
  node: { readonly index: number; readonly address: string },
): Uint8Array {
  const bytes = Buffer.alloc(40);
  bytes.writeBigUInt64LE(BigInt(`0x${endpoint.id}`), 0);
  bytes.writeBigUInt64LE(BigInt(`0x${endpoint.attachment}`), 8);
  bytes.writeUInt32LE(zone, 16);
  bytes.writeUInt32LE(node.index, 20);
  bytes.set(ipaddr.parse(node.address).toByteArray(), 24);
  bytes.set(mac(endpoint.mac), 28);
  bytes.set(mac(endpoint.routerMac), 34);
  return bytes;
}

/** `struct targets`. @throws Error when there are more than `MAX_TARGETS` */
export function encodeTargets(targets: readonly TargetState[]): Uint8Array {
  if (targets.length > MAX_TARGETS) {
    throw new Error(
      `lab: at most ${String(MAX_TARGETS)} targets in a zone, got ${String(targets.length)}; use fewer appliances`,
    );
  }
  const bytes = Buffer.alloc(4 + 12 * MAX_TARGETS);
  bytes.writeUInt32LE(targets.length, 0);
  targets.forEach(({ address, health, registered }, index) => {
    const at = 4 + 12 * index;
    bytes.set(ipaddr.parse(address).toByteArray(), at);
    bytes.writeUInt32LE(health.state === "healthy" ? 1 : 0, at + 4);
    bytes.writeUInt32LE(registered ? 1 : 0, at + 8);
  });
  return bytes;
}

/** Bytes of `struct flow_key`. */
export const FLOW_KEY_LENGTH = 44;
/** Bytes of `struct flow`. */
export const FLOW_LENGTH = 40;

/** `struct flow_key` with its `struct flow`. */
export function decodeFlow(key: Buffer, value: Buffer): EmulatedFlow {
  const family = key[4] === 4 ? "ipv4" : "ipv6";
  const address = (at: number): string =>
    ipaddr.fromByteArray([...key.subarray(at, at + (family === "ipv4" ? 4 : 16))]).toString();
  return {
    family,
    protocol: key.readUInt8(5),
    low: address(12),
    lowPort: key.readUInt16BE(6),
    high: address(28),
    highPort: key.readUInt16BE(8),
    cookie: value.readUInt32LE(24).toString(16).padStart(8, "0"),
    target: ipaddr.fromByteArray([...value.subarray(28, 32)]).toString(),
    packetsOut: Number(value.readBigUInt64LE(8)),
    packetsBack: Number(value.readBigUInt64LE(16)),
  };
}

function mac(text: string): number[] {
  return text.split(":").map((byte) => parseInt(byte, 16));
}

import { formatAddress, addressNumber } from "../rules/cidr";
import type { Flow } from "./data-path";
import { decodeEndpoint } from "./endpoint-entry";

/** Bytes of `struct flow_key` in ebpf/flows.h. */
export const FLOW_KEY_BYTES = 48;
/** Bytes of `struct flow` in ebpf/flows.h. */
export const FLOW_BYTES = 68;
/** Bytes of the GENEVE header that `struct flow` keeps; the rest is in the map `long_options`. */
export const GENEVE_KEPT_BYTES = 40;

/** CLOCK_MONOTONIC seconds of the newest packet, to the kernel's coarse clock. */
export function flowLastSeen(value: Buffer): number {
  return value.readUInt32LE(0);
}

/** Bytes of the GENEVE header and options that GWLB sent. */
export function flowGeneveBytes(value: Buffer): number {
  return value.readUInt8(15) * 4;
}

/**
 * @param rest of the GENEVE options, from `long_options`, when they are longer than `GENEVE_KEPT_BYTES`
 * @param now CLOCK_MONOTONIC, seconds
 */
export function decodeFlow(key: Buffer, value: Buffer, rest: Uint8Array | undefined, now: number): Flow {
  const family = key.readUInt8(45) === 4 ? "ipv4" : "ipv6";
  const address = (at: number) =>
    formatAddress(family, addressNumber(key.subarray(at, at + (family === "ipv4" ? 4 : 16))));
  return {
    endpoint: decodeEndpoint(key.subarray(0, 8)),
    family,
    protocol: key.readUInt8(44),
    lowAddress: address(8),
    lowPort: key.readUInt16LE(40),
    highAddress: address(24),
    highPort: key.readUInt16LE(42),
    outerSource: formatAddress("ipv4", addressNumber(value.subarray(4, 8))),
    outerSourcePort: value.readUInt16BE(12),
    geneve: Buffer.concat([value.subarray(28, 68), rest ?? Buffer.alloc(0)]).subarray(0, flowGeneveBytes(value)),
    idleSeconds: Math.max(0, now - flowLastSeen(value)),
  };
}

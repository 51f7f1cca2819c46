import type { MapEntry } from "./bpf-map";
import type { EndpointCounters } from "./data-path";

/** The key of an endpoint in the kernel's maps. @param endpoint 16 hexadecimal digits */
export function encodeEndpoint(endpoint: string): Buffer {
  return Buffer.from(endpoint, "hex").reverse(); // little endian
}

/** The reverse of `encodeEndpoint`. */
export function decodeEndpoint(key: Uint8Array): string {
  return Buffer.from(key).reverse().toString("hex");
}

/** `struct endpoint_counters` of ebpf/endpoints.h, one of each CPU. @param now CLOCK_MONOTONIC, nanoseconds */
export function decodeEndpointCounters({ key, values }: MapEntry, now: bigint): EndpointCounters {
  const sum = (at: number) => values.reduce((total, value) => total + value.readBigUInt64LE(at), 0n);
  const lastSeen = values.reduce(
    (latest, value) => (value.readBigUInt64LE(16) > latest ? value.readBigUInt64LE(16) : latest),
    0n,
  );
  const idle = Number((now - lastSeen) / 1_000_000n);
  return { endpoint: decodeEndpoint(key), packets: sum(0), bytes: sum(8), idleMilliseconds: Math.max(0, idle) };
}

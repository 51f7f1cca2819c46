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

/** Bytes of `struct direct_endpoint` in ebpf/endpoints.h: an endpoint, and its counters. */
export const DIRECT_ENDPOINT_BYTES = 32;

/**
 * Sums of what every CPU has counted.
 *
 * @param entries of the map `endpoints`: all endpoints
 * @param direct of the map `direct_endpoints`: what was counted besides, of most endpoints all
 * @param now CLOCK_MONOTONIC, nanoseconds
 */
export function decodeEndpointCounters(
  entries: Iterable<MapEntry>,
  direct: Iterable<MapEntry>,
  now: bigint,
): EndpointCounters[] {
  const counted = new Map<string, Buffer[]>();
  for (const { key, values } of entries) counted.set(decodeEndpoint(key), [...values]);
  for (const value of [...direct].flatMap(({ values }) => values))
    counted.get(decodeEndpoint(value.subarray(0, 8)))?.push(value.subarray(8));
  return [...counted].map(([endpoint, counters]) => sumCounters(endpoint, counters, now));
}

/** @param counters `struct endpoint_counters` of ebpf/endpoints.h */
function sumCounters(endpoint: string, counters: readonly Buffer[], now: bigint): EndpointCounters {
  const sum = (at: number) => counters.reduce((total, value) => total + value.readBigUInt64LE(at), 0n);
  const lastSeen = counters.reduce(
    (latest, value) => (value.readBigUInt64LE(16) > latest ? value.readBigUInt64LE(16) : latest),
    0n,
  );
  const idle = Number((now - lastSeen) / 1_000_000n);
  return { endpoint, packets: sum(0), bytes: sum(8), idleMilliseconds: Math.max(0, idle) };
}

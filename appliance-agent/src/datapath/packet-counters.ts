import { AgentDropReason, DROP_REASONS, DropReason } from "../drop-reason";
import { BpfMap, uint32 } from "./bpf-map";

/** `enum packet_counter` of ebpf/counters.h, in order. */
export const PACKET_COUNTERS = [
  "passed",
  "returned",
  "decapsulated",
  "handedUp",
  "encapsulated",
  "flowsInserted",
  "flowsExpired",
] as const;

/** All counters of the `packets` map; two of them count flows. */
export type AllPacketCounters = Readonly<Record<(typeof PACKET_COUNTERS)[number], bigint>>;

/** Packets by why they were dropped, over all CPUs. */
export function readDropCounters(drops: BpfMap): Record<DropReason, bigint> {
  const totals = sums(drops);
  return Object.fromEntries(DROP_REASONS.map((reason, index) => [reason, totals[index] ?? 0n])) as Record<
    DropReason,
    bigint
  >;
}

/** What became of the packets that were not dropped, and how the flow table grew and shrank. */
export function readPacketCounters(packets: BpfMap): AllPacketCounters {
  const totals = sums(packets);
  return Object.fromEntries(PACKET_COUNTERS.map((name, index) => [name, totals[index] ?? 0n])) as AllPacketCounters;
}

/** Adds to a counter that the agent keeps. */
export function addExpiredFlows(packets: BpfMap, flows: number): void {
  add(packets, PACKET_COUNTERS.indexOf("flowsExpired"), flows);
}

/** Adds to a counter that the agent keeps. */
export function addDropped(drops: BpfMap, reason: AgentDropReason, packets: number): void {
  add(drops, DROP_REASONS.indexOf(reason), packets);
}

/** Only for counters that no program writes: one that a program writes meanwhile would lose what it adds. */
function add(map: BpfMap, index: number, count: number): void {
  const [first, ...rest] = (map.lookup(uint32(index)) ?? []).map((value) => value.readBigUInt64LE(0));
  map.update(uint32(index), Buffer.from(BigUint64Array.from([(first ?? 0n) + BigInt(count), ...rest]).buffer));
}

function sums(map: BpfMap): bigint[] {
  const totals: bigint[] = [];
  for (const { key, values } of map.entries())
    totals[key.readUInt32LE(0)] = values.reduce((sum, value) => sum + value.readBigUInt64LE(0), 0n);
  return totals;
}

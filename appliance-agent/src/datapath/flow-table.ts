import type { BpfMap } from "./bpf-map";
import type { Flow, FlowFilter, FlowTableCounters } from "./data-path";
import { isCopied, type ReplacedMap } from "./replaced-maps";
import { GENEVE_KEPT_BYTES, decodeFlow, flowGeneveBytes, flowLastSeen } from "./flow-entry";
import { addExpiredFlows, readPacketCounters } from "./packet-counters";

/** The flows that routed mode remembers. */
export class FlowTable {
  constructor(
    private readonly flows: BpfMap,
    private readonly longOptions: BpfMap,
    private readonly packets: BpfMap,
  ) {}

  /** @param nowSeconds CLOCK_MONOTONIC */
  read(filter: FlowFilter, nowSeconds: number): Flow[] {
    const found: Flow[] = [];
    for (const { key, values } of this.flows.entries()) {
      if (found.length >= (filter.limit ?? 1000)) break;
      const [value] = values;
      if (!value) continue;
      const rest = flowGeneveBytes(value) > GENEVE_KEPT_BYTES ? this.longOptions.lookup(key)?.[0] : undefined;
      const flow = decodeFlow(key, value, rest, nowSeconds);
      if (matches(flow, filter)) found.push(flow);
    }
    return found;
  }

  counters(): FlowTableCounters {
    const { flowsInserted: inserted, flowsExpired: expired } = readPacketCounters(this.packets);
    let live = 0;
    for (const _ of this.flows.entries()) live++;
    const evicted = inserted - expired - BigInt(live);
    return {
      capacity: this.flows.shape.maxEntries,
      live,
      inserted,
      expired,
      evicted: evicted > 0n ? evicted : 0n, // flows that came while they were counted
    };
  }

  /**
   * Takes the flows over that the map before ours has and ours has not; where they are written otherwise, they count as
   * expired, and each is learnt again from its next packet.
   *
   * @param since CLOCK_MONOTONIC, seconds: older ones have been copied
   */
  takeOver(replaced: ReplacedMap, since: number): void {
    const { before, now } = replaced;
    const flows = [...before.entries()];
    if (!isCopied(replaced)) return addExpiredFlows(this.packets, flows.length);
    for (const { key, values } of flows) {
      const [value] = values;
      /* The clock of `last_seen` is coarse and counts whole seconds. */
      if (value && flowLastSeen(value) >= since - 1 && now.lookup(key) === undefined) now.update(key, value);
    }
  }

  /** @param nowSeconds CLOCK_MONOTONIC */
  expire(idleSeconds: number, nowSeconds: number): number {
    const silent = (value: Buffer | undefined) => value !== undefined && nowSeconds - flowLastSeen(value) > idleSeconds;
    const keys = [...this.flows.entries()].filter(({ values }) => silent(values[0])).map(({ key }) => key);
    let expired = 0;
    for (const key of keys) {
      if (!silent(this.flows.lookup(key)?.[0])) continue; // a packet came meanwhile
      if (this.flows.delete(key)) expired++;
      this.longOptions.delete(key);
    }
    if (expired > 0) addExpiredFlows(this.packets, expired);
    return expired;
  }
}

function matches(flow: Flow, { endpoint, protocol, address, port }: FlowFilter): boolean {
  return (
    (endpoint === undefined || flow.endpoint === endpoint) &&
    (protocol === undefined || flow.protocol === protocol) &&
    (address === undefined || flow.lowAddress === address || flow.highAddress === address) &&
    (port === undefined || flow.lowPort === port || flow.highPort === port)
  );
}

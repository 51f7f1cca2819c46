import type { EndpointCounters, FlowTableCounters, PacketCounters } from "../datapath/data-path";
import type { Metric } from "./metric";
import type { Readiness } from "./readiness";

/** Numbers of the data path, as read from the kernel. */
export interface DataPathNumbers {
  readonly packets: PacketCounters;
  readonly drops: Readonly<Record<string, bigint>>;
  readonly endpoints: readonly EndpointCounters[];
  readonly ruleHits: { readonly rules: ReadonlyMap<string, bigint>; readonly defaultAction: bigint };
  /** Routed mode only. */
  readonly flows?: FlowTableCounters;
}

/** What `/metrics` is made of. */
export interface AgentNumbers {
  readonly version: string;
  readonly generation: number;
  readonly configurationRefused: boolean;
  readonly configurationUnreadable: boolean;
  /** Milliseconds since 1970. @default - no configuration is in force */
  readonly loadedAt?: number;
  readonly readiness: Readiness;
  readonly hookFailures: number;
  /** @default - the data path is not loaded */
  readonly dataPath?: DataPathNumbers;
}

/** Every metric of the agent. */
export function agentMetrics(numbers: AgentNumbers): Metric[] {
  return [...controlMetrics(numbers), ...(numbers.dataPath ? dataPathMetrics(numbers.dataPath) : [])];
}

function controlMetrics(numbers: AgentNumbers): Metric[] {
  const { readiness } = numbers;
  return [
    gauge("info", "The agent's version, as a label.", [{ labels: { version: numbers.version }, value: 1 }]),
    gauge("ready", "1 when every condition holds.", [{ value: Number(readiness.ready) }]),
    gauge(
      "condition",
      "1 when a condition of /readyz holds.",
      readiness.conditions.map(({ name, ok }) => ({ labels: { condition: name }, value: Number(ok) })),
    ),
    gauge("configuration_generation", "Configurations taken into force since the agent started.", [
      { value: numbers.generation },
    ]),
    gauge("configuration_refused", "1 when the newest configuration is not valid; the one before is in force.", [
      { value: Number(numbers.configurationRefused) },
    ]),
    gauge("configuration_unreadable", "1 when the configuration's source cannot be read.", [
      { value: Number(numbers.configurationUnreadable) },
    ]),
    gauge(
      "configuration_loaded_timestamp_seconds",
      "When the configuration in force was taken, seconds since 1970.",
      numbers.loadedAt === undefined ? [] : [{ value: numbers.loadedAt / 1000 }],
    ),
    counter("hook_failures_total", "Create and destroy hooks that failed.", [{ value: numbers.hookFailures }]),
  ];
}

function dataPathMetrics({ packets, drops, endpoints, ruleHits, flows }: DataPathNumbers): Metric[] {
  return [
    counter(
      "packets_total",
      "Packets that were not dropped, by what became of them.",
      Object.entries(packets).map(([fate, value]) => ({ labels: { fate: snakeCase(fate) }, value: value as bigint })),
    ),
    counter(
      "drops_total",
      "Packets dropped, by reason.",
      Object.entries(drops).map(([reason, value]) => ({ labels: { reason }, value })),
    ),
    counter("endpoint_packets_total", "Packets received from a GWLB endpoint.", each(endpoints, "packets")),
    counter("endpoint_bytes_total", "Inner bytes received from a GWLB endpoint.", each(endpoints, "bytes")),
    gauge(
      "endpoint_idle_seconds",
      "Since the newest packet from a GWLB endpoint.",
      endpoints.map(({ endpoint, idleMilliseconds }) => ({ labels: { endpoint }, value: idleMilliseconds / 1000 })),
    ),
    counter(
      "rule_hits_total",
      "Packets that a rule decided about.",
      [...ruleHits.rules].map(([rule, value]) => ({ labels: { rule }, value })),
    ),
    counter("default_action_hits_total", "Packets that no rule matched.", [{ value: ruleHits.defaultAction }]),
    ...(flows ? flowMetrics(flows) : []),
  ];
}

function flowMetrics(flows: FlowTableCounters): Metric[] {
  return [
    gauge("flows", "Flows remembered now.", [{ value: flows.live }]),
    gauge("flows_capacity", "Flows that can be remembered.", [{ value: flows.capacity }]),
    counter("flows_inserted_total", "Flows ever remembered.", [{ value: flows.inserted }]),
    counter("flows_expired_total", "Flows forgotten after flowIdleSeconds of silence.", [{ value: flows.expired }]),
    counter("flows_evicted_total", "Flows pushed out by newer ones: raise maxFlows.", [{ value: flows.evicted }]),
  ];
}

function each(endpoints: readonly EndpointCounters[], member: "packets" | "bytes") {
  return endpoints.map((counters) => ({ labels: { endpoint: counters.endpoint }, value: counters[member] }));
}

function gauge(name: string, help: string, samples: Metric["samples"]): Metric {
  return { name, type: "gauge", help, samples };
}

function counter(name: string, help: string, samples: Metric["samples"]): Metric {
  return { name, type: "counter", help, samples };
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

import type { Metric } from "../health/metric";

const HELP = {
  connections: "Connections that were taken, by listener.",
  refused: "Connections and requests that were refused, by listener and reason.",
  requests: "HTTP requests that were answered, by class of the status.",
  upgrades: "HTTP connections that were switched to another protocol.",
  tunnels: "TLS connections that Squid opened.",
  encrypted_client_hellos: "TLS connections with an encrypted ClientHello, real or GREASE.",
  client_bytes: "Bytes of closed connections, by direction as the client sees it.",
  squid_errors: "Connections to Squid that failed.",
  configurations: "Configurations that were read, by result.",
  squid_list_changes: "Changes of Squid's list files.",
} as const;

/** A counter of the bridge; in `/metrics` it is `gwlb_agent_bridge_<name>_total`. */
export type BridgeCounter = keyof typeof HELP;

/** Counts what the bridge does. */
export class BridgeCounters {
  private readonly counts = new Map<BridgeCounter, Map<string, { labels: Record<string, string>; value: number }>>();

  /** @param labels one value of each label that the counter has */
  add(counter: BridgeCounter, labels: Record<string, string> = {}, by = 1): void {
    const samples = this.counts.get(counter) ?? new Map();
    this.counts.set(counter, samples);
    const key = Object.values(labels).join("\n");
    const sample = samples.get(key) ?? { labels, value: 0 };
    samples.set(key, sample);
    sample.value += by;
  }

  /** @returns the sum over the samples whose labels include the given ones */
  read(counter: BridgeCounter, labels: Record<string, string> = {}): number {
    return [...(this.counts.get(counter)?.values() ?? [])]
      .filter((sample) => Object.entries(labels).every(([name, value]) => sample.labels[name] === value))
      .reduce((sum, { value }) => sum + value, 0);
  }

  /** Everything counted so far. */
  metrics(): Metric[] {
    return [...this.counts].map(([counter, samples]) => ({
      name: `bridge_${counter}_total`,
      type: "counter",
      help: HELP[counter],
      samples: [...samples.values()],
    }));
  }
}

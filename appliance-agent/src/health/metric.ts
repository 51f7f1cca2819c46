/** Numbers of one name. */
export interface Metric {
  /** Without the `gwlb_agent_` that all of them begin with; counters end in `_total`. */
  readonly name: string;
  readonly type: "counter" | "gauge";
  readonly help: string;
  readonly samples: readonly MetricSample[];
}

/** One number, told apart from the others of its name by labels. */
export interface MetricSample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number | bigint;
}

/** `Content-Type` of `formatMetrics`. */
export const METRICS_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/**
 * Writes metrics as Prometheus reads them; a metric without samples is left out.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/, text-based format
 */
export function formatMetrics(metrics: readonly Metric[]): string {
  const lines = metrics
    .filter(({ samples }) => samples.length > 0)
    .flatMap(({ name, type, help, samples }) => [
      `# HELP gwlb_agent_${name} ${help.replace(/[\\\n]/g, escape)}`,
      `# TYPE gwlb_agent_${name} ${type}`,
      ...samples.map(({ labels = {}, value }) => `gwlb_agent_${name}${formatLabels(labels)} ${value}`),
    ]);
  return lines.map((line) => `${line}\n`).join("");
}

function formatLabels(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}="${value.replace(/[\\"\n]/g, escape)}"`);
  return pairs.length ? `{${pairs.join(",")}}` : "";
}

function escape(character: string): string {
  return character === "\n" ? "\\n" : `\\${character}`;
}

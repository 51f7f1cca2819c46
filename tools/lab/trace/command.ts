import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { INTERNET } from "../fabric/internet";
import { withLab } from "../lab";
import type { ConfigurationChange } from "../plan/load-plan";
import { missingForLab } from "../requirements";
import { predictWithoutLab } from "./predict-without-lab";
import { PROBE_NAMES } from "./probe";
import { differencesOf, renderTrace, traceAsJson } from "./render-trace";
import { type Trace, traceLab, type TraceRequest } from "./trace-lab";

const USAGE = `Usage: npm run lab -- trace <scenario | directory> [options]

Brings the scenario up, sends one real packet, and prints its way and its answer's hop by hop, beside the predicted one.

  --ping             an ICMP echo request              (default)
  --syn              the first packet of a TCP connection
  --http             an HTTP GET
  --https            the ClientHello of an HTTPS GET
  --from <host>      a client, or outside, which sends to the first client   (default: client)
  --pcap <folder>    keeps the captures, one file for each namespace, for Wireshark
  --json             the trace as JSON
  --help

Exit code: 0 every hop is as predicted, 1 one differs, 2 it could not be traced; without root 0 and the predicted way.
`;

const OPTIONS = {
  ping: { type: "boolean" },
  syn: { type: "boolean" },
  http: { type: "boolean" },
  https: { type: "boolean" },
  from: { type: "string" },
  pcap: { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

/** The workloads' security group lets nobody in by default. */
const OUTSIDE_MAY_COME_IN: ConfigurationChange = { workload: { inboundCidrs: [`${INTERNET.outside}/32`] } };

/** The command `trace`. @returns its exit code @throws Error when it cannot be traced */
export async function traceCommand(parameters: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...parameters], allowPositionals: true, options: OPTIONS });
  const [target, ...others] = positionals;
  if (values.help === true || target === undefined) {
    process.stdout.write(USAGE);
    return values.help === true ? 0 : 2;
  }
  const probes = PROBE_NAMES.filter((name) => values[name] === true);
  const [probe = "ping", second] = probes;
  if (second !== undefined || others.length > 0) {
    throw new Error(
      `trace: one packet of one scenario, got ${[target, ...others, ...probes].join(" ")}; trace them one by one`,
    );
  }
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const request = { probe, ...(values.from === undefined ? {} : { from: values.from }) };
  const missing = missingForLab(say);
  if (missing.length > 0) {
    missing.forEach(say);
    process.stdout.write(await predictWithoutLab(target, request));
    return 0;
  }
  const pcapDirectory = values.pcap === undefined ? undefined : resolve(values.pcap);
  const trace = await traceScenario(
    target,
    { ...request, ...(pcapDirectory === undefined ? {} : { pcapDirectory }) },
    say,
  );
  process.stdout.write(values.json === true ? `${JSON.stringify(traceAsJson(trace), null, 2)}\n` : renderTrace(trace));
  if (pcapDirectory !== undefined) say(`captures are in ${pcapDirectory}`);
  return differencesOf(trace).length === 0 ? 0 : 1;
}

/**
 * Brings a scenario up, traces one packet, and removes everything.
 *
 * From outside, the first client must let somebody in: its configuration does for the lab's outside host alone.
 *
 * @param target name of a scenario, or a folder of Terraform files
 * @param say hears what happens, a line each
 * @throws Error when the lab does not come up or the packet cannot be followed
 */
export function traceScenario(target: string, request: TraceRequest, say: (line: string) => void): Promise<Trace> {
  const isScenario = !existsSync(target);
  const configuration = request.from === "outside" && isScenario ? OUTSIDE_MAY_COME_IN : {};
  if (configuration === OUTSIDE_MAY_COME_IN) say(`for this trace, workload.inboundCidrs is ${INTERNET.outside}/32`);
  return withLab({ target, configuration, say }, async (lab) => {
    const stop = (): void => {
      void lab.stop().then(() => process.exit(130));
    };
    process.once("SIGINT", stop).once("SIGTERM", stop);
    try {
      return await traceLab(lab, request);
    } finally {
      process.off("SIGINT", stop).off("SIGTERM", stop);
    }
  });
}

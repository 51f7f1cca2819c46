import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { INTERNET } from "../fabric/internet";
import { attachLab } from "../lab";
import { chooseLab } from "../lifecycle/choose-lab";
import { startOwnLab } from "../own-lab";
import { configurationFor } from "../plan/configuration-for";
import type { ConfigurationChange } from "../plan/load-plan";
import { missingForLab } from "../requirements";
import { predictWithoutLab } from "./predict-without-lab";
import { PROBE_NAMES, type Probed, type PortProbe } from "./probe";
import { differencesOf, renderTrace, traceAsJson } from "./render-trace";
import { type Trace, traceLab, type TraceRequest } from "./trace-lab";

const USAGE = `Usage: npm run lab -- trace [scenario | directory] [options]

Brings the scenario up, sends one real packet, and prints its way and its answer's hop by hop, beside the predicted one.
Without a scenario the packet is sent in the kept lab, which stays.

  --ping             an ICMP echo request              (default)
  --syn              the first packet of a TCP connection
  --http             an HTTP GET
  --https            the ClientHello of an HTTPS GET
  --tcp <port>       the first packet of a TCP connection to this port; the lab listens there
  --udp <port>       a UDP datagram to this port, which the lab answers
  --from <host>      a client, or outside, which sends to the first client   (default: client)
  --zones <n>        Availability Zones, 1 to 6          (default: as in gwlb.yaml)
  --appliances <n>   appliances in each zone, 1 to 20    (default: as in gwlb.yaml)
  --lab <name>       which kept lab, where there are several
  --pcap <folder>    keeps the captures, one file for each namespace, for Wireshark
  --json             the trace as JSON
  --help

Example: sudo npm run lab -- trace tc-filter --udp 53

Exit code: 0 every hop is as predicted, 1 one differs, 2 it could not be traced; without root 0 and the predicted way.
`;

const OPTIONS = {
  ping: { type: "boolean" },
  syn: { type: "boolean" },
  http: { type: "boolean" },
  https: { type: "boolean" },
  tcp: { type: "string" },
  udp: { type: "string" },
  from: { type: "string" },
  zones: { type: "string" },
  appliances: { type: "string" },
  lab: { type: "string" },
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
  if (values.help === true) {
    process.stdout.write(USAGE);
    return 0;
  }
  const ports = (["tcp", "udp"] as const).flatMap((protocol) => portProbe(protocol, values[protocol]));
  const probes: readonly Probed[] = [...PROBE_NAMES.filter((name) => values[name] === true), ...ports];
  const [probe = "ping", second] = probes;
  if (second !== undefined || others.length > 0) {
    const asked = probes.map((one) => (typeof one === "string" ? one : `${one.protocol} ${String(one.port)}`));
    throw new Error(
      `trace: one packet of one scenario, got ${[...positionals, ...asked].join(" ")}; trace them one by one`,
    );
  }
  if (target !== undefined && values.lab !== undefined) {
    throw new Error(`trace: a scenario or a kept lab, got ${target} and ${values.lab}; leave one out`);
  }
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const request = { probe, ...(values.from === undefined ? {} : { from: values.from }) };
  const missing = missingForLab(say);
  if (missing.length > 0) {
    missing.forEach(say);
    if (target === undefined) return 2;
    process.stdout.write(await predictWithoutLab(target, request, configurationFor(values)));
    return 0;
  }
  const pcapDirectory = values.pcap === undefined ? undefined : resolve(values.pcap);
  const whole = { ...request, ...(pcapDirectory === undefined ? {} : { pcapDirectory }) };
  const trace =
    target === undefined
      ? await traceLab(attachLab(chooseLab(values.lab)), whole)
      : await traceScenario(target, configurationFor(values), whole, say);
  process.stdout.write(values.json === true ? `${JSON.stringify(traceAsJson(trace), null, 2)}\n` : renderTrace(trace));
  if (pcapDirectory !== undefined) say(`captures are in ${pcapDirectory}`);
  return differencesOf(trace).length === 0 ? 0 : 1;
}

function portProbe(protocol: PortProbe["protocol"], text: string | undefined): readonly PortProbe[] {
  if (text === undefined) return [];
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port >= 1 && port <= 65_535) return [{ protocol, port }];
  throw new Error(`trace: --${protocol} must be a port from 1 to 65535, got '${text}'; correct it`);
}

/** From outside, the first client must let somebody in: its configuration does for the lab's outside host alone. */
async function traceScenario(
  target: string,
  size: ConfigurationChange,
  request: TraceRequest,
  say: (line: string) => void,
): Promise<Trace> {
  const opens = request.from === "outside" && !existsSync(target);
  if (opens) say(`for this trace, workload.inboundCidrs is ${INTERNET.outside}/32`);
  const lab = await startOwnLab({ target, configuration: { ...size, ...(opens ? OUTSIDE_MAY_COME_IN : {}) }, say });
  try {
    return await traceLab(lab, request);
  } finally {
    await lab.stop();
  }
}

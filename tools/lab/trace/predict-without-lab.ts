import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { judgedTrip } from "../../appliance-rules/judged-trip";
import { describePacket } from "../../topology/packet";
import { roundTrip } from "../../topology/walk";
import type { Walk } from "../../topology/walk-result";
import { INTERNET } from "../fabric/internet";
import { wire } from "../fabric/wiring";
import { type ConfigurationChange, loadPlan } from "../plan/load-plan";
import { probeOf } from "./probe";
import type { TraceRequest } from "./trace-lab";

/** The predicted way of a packet and its answer, for those who cannot bring a lab up. */
export async function predictWithoutLab(
  target: string,
  { probe, from }: TraceRequest,
  configuration: ConfigurationChange = {},
): Promise<string> {
  const into = await mkdtemp(join(tmpdir(), "gwlb-trace-"));
  try {
    const { topology } = await loadPlan(target, configuration, join(into, "synthesized"));
    const inwards = from === "outside";
    const client = wire(topology).instances.find(
      ({ role, host }) => role === "client" && (inwards || (from ?? host) === host),
    );
    if (!client) throw new Error(`trace: no such sender, got '${from ?? ""}'; name a client, or outside`);
    const { protocol, port, title } = probeOf(probe, inwards);
    const ends = inwards
      ? { from: INTERNET.outside, to: client.instance.address }
      : { from: client.instance.address, to: INTERNET.web };
    const trip = roundTrip(topology, { ...ends, protocol, ...(port === undefined ? {} : { port }) });
    const { out, back } = judgedTrip(topology, trip);
    return [`predicted, not sent: ${title}`, ...walkLines(out), ...(back ? walkLines(back) : []), ""].join("\n");
  } finally {
    await rm(into, { recursive: true, force: true });
  }
}

function walkLines({ packet, hops, verdict }: Walk): string[] {
  const end = verdict.kind === "delivered" ? "delivered" : `${verdict.kind} at ${verdict.where}: ${verdict.why}`;
  return [
    "",
    describePacket(packet),
    ...hops.map(({ kind, text }, at) => `${String(at + 1).padStart(2)}. ${kind}: ${text}`),
    `    ${end}`,
  ];
}

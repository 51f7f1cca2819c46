import { decodeGenevePacket } from "../codec/geneve-packet";
import { decodeGwlbOptions } from "../codec/gwlb-options";
import { decodeIpPacket } from "../codec/ip-packet";
import { UDP_LENGTH } from "../codec/udp";
import { encodePcapHeader, encodePcapRecord } from "../codec/pcap";
import { GENEVE_FILTER, openPacketSocket } from "../host/packet-socket";
import type { Command } from "./command";
import { CommandError, EXIT } from "./exit-code";
import { PATH_OPTIONS } from "./path-options";
import { withPinnedDataPath } from "./pinned-data-path";

/** Bytes of an Ethernet header. */
const ETHERNET_LENGTH = 14;

/** `gwlb-agent capture` */
export const capture: Command = {
  description: [
    "Writes the GENEVE packets of the underlay interface, both ways, to standard output as pcap until it is interrupted.",
    "--inner writes the packets inside instead, without Ethernet header. Packets are seen before the rules drop any; with",
    "the xdp hook the host sees none of them.",
  ].join("\n"),
  examples: [
    ["gwlb-agent capture | tcpdump -nr -", "what the load balancer sends and gets back"],
    ["gwlb-agent capture --inner --count 100 > inner.pcap", "100 of the clients' packets, for Wireshark"],
  ],
  options: {
    inner: { description: "the packets inside, not the GENEVE packets" },
    count: { value: "<number>", description: "stop after so many (default: when interrupted)" },
    endpoint: { value: "<16 hex digits>", description: "only packets of this endpoint" },
    interface: { value: "<name>", description: "another interface than the data path's" },
    ...PATH_OPTIONS,
  },
  capabilities: ["CAP_NET_RAW", "CAP_NET_ADMIN", "CAP_BPF"],
  async run(given, terminal) {
    const device = given.optional("interface") ?? withPinnedDataPath("capture", given, (it) => tcUnderlay(it.options));
    const most = given.optional("count") === undefined ? Infinity : given.integer("count", 1, Number.MAX_SAFE_INTEGER);
    const endpoint = given.optional("endpoint");
    const inner = given.has("inner");
    const stop = stopOnSignal();
    const socket = openPacketSocket({ interface: device, filter: GENEVE_FILTER });
    try {
      await terminal.bytes(encodePcapHeader(inner ? "raw" : "ethernet"));
      let written = 0;
      await socket.receive(async (frame) => {
        const packet = read(frame);
        if (written >= most || (endpoint !== undefined && packet?.endpoint !== endpoint)) return;
        const kept = inner ? packet?.inner : frame;
        if (kept === undefined) return;
        await terminal.bytes(encodePcapRecord(BigInt(Date.now()) * 1_000_000n, kept));
        if (++written >= most) stop.abort();
      }, stop.signal);
    } catch (error) {
      /* `| head` and `| tcpdump -c 5` close their end when they have enough. */
      if ((error as NodeJS.ErrnoException).code !== "EPIPE") throw error;
    } finally {
      socket.close();
    }
    return EXIT.ok;
  },
};

function tcUnderlay({
  hook,
  mode,
  underlayInterface,
}: {
  hook: string;
  mode: string;
  underlayInterface: string;
}): string {
  if (mode === "routed" || hook === "tc") return underlayInterface;
  const remedy = 'set "hook": "tc" while you look, or capture in the VPC';
  throw new CommandError(EXIT.failed, `capture: xdp takes packets before the host sees them, got hook xdp; ${remedy}`);
}

/** @returns undefined for what is not a load balancer's packet */
function read(frame: Uint8Array): { readonly endpoint: string; readonly inner: Uint8Array } | undefined {
  try {
    const { options, payload } = decodeGenevePacket(
      decodeIpPacket(frame.subarray(ETHERNET_LENGTH)).payload.subarray(UDP_LENGTH),
    );
    return { endpoint: decodeGwlbOptions(options).endpointId.toString(16).padStart(16, "0"), inner: payload };
  } catch {
    return undefined;
  }
}

function stopOnSignal(): AbortController {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
  return stop;
}

import { packetFacts } from "../../../../appliance-agent/src/rules/packet-facts";
import {
  parseAgentConfiguration,
  formatAgentConfiguration,
} from "../../../../appliance-agent/src/rules/parse-agent-configuration";
import { filter } from "../../../../appliance-agent/src/rules/presets/filter";
import { squidBastion } from "../../../../appliance-agent/src/rules/presets/squid-bastion";
import { composeTcp, composeUdp } from "../../../../appliance-agent/src/codec/upper-layer-compose";
import type { Hop } from "../../../../tools/topology/walk-result";
import type { Lab } from "../../../../tools/lab/lab";
import { traceCommand } from "../../../../tools/lab/trace/command";
import { traceLab } from "../../../../tools/lab/trace/trace-lab";
import { applianceDecision } from "../../../../tools/appliance-rules/appliance-decision";
import { compareHops, copies } from "../../../../tools/lab/trace/compare-hops";
import { follow } from "../../../../tools/lab/trace/follow";
import { observedHops } from "../../../../tools/lab/trace/observed-hops";
import { decodePcapFile } from "../../../../tools/lab/trace/pcap-file";
import { DATAGRAM, probeOf, probesOf } from "../../../../tools/lab/trace/probe";
import { readPacket, sightingsOf } from "../../../../tools/lab/trace/sighting";
import {
  APPLIANCE,
  CLIENT,
  fromClient,
  geneve,
  Line,
  NODE,
  pcapHeader,
  ping,
  PREDICTED,
  PUBLIC,
  replaced,
  sightings,
  WAY_OUT,
  WIRING,
} from "./captures";

const { ping: PING, syn: SYN } = probesOf(false);
const way = (lines: readonly Line[]) => follow(PING, "client", sightings(lines)).request;
const verdict = { kind: "delivered", where: "" } as const;

const to = (hop: Hop, outerSource: string, outerDestination: string): Hop["encapsulation"] => ({
  ...(hop.encapsulation ?? { protocol: "GENEVE", udpPort: 6081, vni: 0 }),
  ...{ outerSource, outerDestination },
});

/** Differences of a way out, `<hop>: <what>`. */
function differences(lines: readonly Line[], predicted = PREDICTED, applianceTtlLoss: 0 | 1 = 0): string[] {
  const compared = compareHops(
    { wiring: WIRING, applianceTtlLoss },
    { hops: predicted, verdict },
    observedHops(WIRING, way(lines)),
  );
  return compared.flatMap((hop, at) => hop.differences.map((one) => `${String(at + 1)}: ${one}`));
}

describe("what was seen, as hops", () => {
  test("a ping's way out has the article's ten hops", () => {
    expect(observedHops(WIRING, way(WAY_OUT)).map(({ kind, in: arrived, out }) => [kind, arrived, out])).toEqual([
      ["host", undefined, "ens5"],
      ["VPC router", "client", "ep-1"],
      ["GWLB endpoint", "ep-1", undefined],
      ["Gateway Load Balancer", undefined, "lb-1"],
      ["appliance", "ens5", "ens5"],
      ["Gateway Load Balancer", "lb-1", undefined],
      ["GWLB endpoint", undefined, "ep-1"],
      ["VPC router", "ep-1", "igw"],
      ["internet gateway", "vpc", "public"],
      ["internet", "igw-1", undefined],
    ]);
  });

  test("GENEVE is shown with its outer addresses, endpoint and cookie", () => {
    expect(observedHops(WIRING, way(WAY_OUT))[3]?.encapsulation).toEqual({
      outerSource: NODE,
      outerDestination: APPLIANCE,
      udpSourcePort: 60_001,
      vni: 0,
      endpointId: "0a1b2c3d4e5f6001",
      attachmentId: "0000000000000001",
      cookie: "0000abcd",
    });
  });

  test("what leaves an instance is what its network interface gets: a tunnel's GENEVE is not seen in the instance", () => {
    const hops = observedHops(WIRING, way(replaced(WAY_OUT, 10, { bytes: ping() })));
    expect(hops[4]?.encapsulation?.outerSource).toBe(APPLIANCE);
  });

  test("other packets of the same flow are not this one", () => {
    const other: Line = { host: "client", name: "ens5", direction: "out", bytes: ping(CLIENT, 64, 8) };
    expect(way([...WAY_OUT, other])).toHaveLength(WAY_OUT.length);
  });
});

describe("what was seen beside what was predicted", () => {
  test("no difference where everything is as predicted", () => {
    expect(differences(WAY_OUT)).toEqual([]);
  });

  test("the TTL is the same all the way when the appliance returns packets untouched", () => {
    const bytes = geneve(ping(CLIENT, 63), APPLIANCE, NODE);
    expect(differences(replaced(replaced(WAY_OUT, 10, { bytes }), 11, { bytes }))).toEqual([
      "5: TTL on leaving: predicted 64, got 63",
      "6: TTL on arrival: predicted 63, got 64",
    ]);
  });

  test("a routing appliance takes one off the TTL", () => {
    expect(differences(WAY_OUT, PREDICTED, 1)).toEqual(["5: TTL on leaving: predicted 63, got 64"]);
  });

  test("an untranslated source", () => {
    expect(differences(replaced(WAY_OUT, 17, { bytes: ping() }))).toEqual([
      `9: source: predicted ${PUBLIC}, got ${CLIENT}`,
    ]);
  });

  test("another flow cookie on the way back to the load balancer", () => {
    const bytes = geneve(ping(), APPLIANCE, NODE, 1);
    expect(differences(replaced(WAY_OUT, 11, { bytes }))).toEqual(["5: flow cookie: predicted 0000abcd, got 00000001"]);
  });

  test("another appliance", () => {
    expect(
      differences(
        WAY_OUT,
        PREDICTED.map((hop) => (hop.kind === "appliance" ? { ...hop, id: "i-2" } : hop)),
      ),
    ).toEqual(["5: id: predicted i-2 (appliance), got i-appliance"]);
  });

  test("of several appliances any in the zone may be chosen, and no other instance", () => {
    const several = PREDICTED.map((hop): Hop => {
      if (hop.kind === "appliance") return { ...hop, id: "i-2", encapsulation: to(hop, "10.2.0.9", "10.2.0.0/28") };
      if (hop.kind !== "Gateway Load Balancer" || !hop.encapsulation) return hop;
      return { ...hop, zone: "a", assumptions: ["one of 2"], encapsulation: to(hop, "10.2.0.0/28", "10.2.0.9") };
    });
    expect(differences(WAY_OUT, several)).toEqual([]);
    const elsewhere = several.map((hop) => (hop.zone === "a" ? { ...hop, zone: "b" } : hop));
    expect(differences(WAY_OUT, elsewhere)).toEqual([
      "4: outer destination: predicted 10.2.0.9, got 10.2.0.4",
      "5: id: predicted i-2 (appliance), got i-appliance",
    ]);
  });

  test("a load balancer out of the predicted subnet", () => {
    const bytes = geneve(ping(), "10.2.0.30", APPLIANCE);
    expect(differences(replaced(WAY_OUT, 6, { bytes }))).toEqual([
      "4: outer source: predicted 10.2.0.0/28, got 10.2.0.30",
    ]);
  });

  test("a packet that is lost says where it was not seen", () => {
    expect(differences(WAY_OUT.slice(0, 10))).toEqual([
      "5: encapsulation: predicted GENEVE, got none",
      "6: predicted Gateway Load Balancer lb, the packet was not seen there",
      "7: predicted GWLB endpoint endpoint, the packet was not seen there",
      "8: predicted VPC router vpc, the packet was not seen there",
      "9: predicted internet gateway igw, the packet was not seen there",
      `10: predicted internet 198.51.100.80, the packet was not seen there`,
    ]);
  });

  test("a packet that goes on where it should end", () => {
    expect(differences(WAY_OUT, PREDICTED.slice(0, 9))).toEqual([
      "10: predicted nothing more, got internet in internet",
    ]);
  });

  test("a packet that skips the endpoint differs there, and the rest is not compared", () => {
    expect(differences([...WAY_OUT.slice(0, 4), ...WAY_OUT.slice(15)])).toEqual([
      "3: hop: predicted GWLB endpoint endpoint, got internet gateway in client-vpc-igw",
    ]);
  });

  test("a copy is found wherever it is seen", () => {
    const copy: Line = { host: "client-vpc", name: "igw", direction: "out", bytes: ping() };
    expect(copies(way([...WAY_OUT, copy]))).toEqual(["client-vpc: igw out: seen 2 times, must be 1"]);
    expect(copies(way(WAY_OUT))).toEqual([]);
  });
});

describe("which packet is followed", () => {
  const tcp = (flags: number, data = "") =>
    fromClient(
      composeTcp(
        { source: CLIENT, destination: "198.51.100.80" },
        { sourcePort: 40_000, destinationPort: 80 },
        Buffer.from(data),
        { flags },
      ),
    );

  test("the request itself, not the handshake before it", () => {
    const lines = [tcp(2), tcp(16), tcp(24, "GET / HTTP/1.1\r\n")].map((bytes): Line => ({
      host: "client",
      name: "ens5",
      direction: "out",
      bytes,
    }));
    const { followed, request } = follow(probesOf(false).http, "client", sightings(lines));
    expect(followed.title).toBe("HTTP GET");
    expect(Buffer.from(request[0]?.packet.data ?? []).toString()).toBe("GET / HTTP/1.1\r\n");
  });

  test("the attempt to connect, where there was no connection", () => {
    const lines: Line[] = [{ host: "client", name: "ens5", direction: "out", bytes: tcp(2) }];
    expect(follow(probesOf(false).http, "client", sightings(lines)).followed.title).toBe("TCP SYN");
  });

  test("an answer is one of the same flow, in the other direction, from where the request came to last", () => {
    expect(follow(PING, "client", sightings(WAY_OUT)).reply).toEqual([]);
  });

  test("a datagram is told from its answer and from others by what is in it, and by its port", () => {
    const datagram = (text: string, destinationPort = 53): Line => {
      const ends = { source: CLIENT, destination: "198.51.100.80" };
      const bytes = fromClient(composeUdp(ends, { sourcePort: 40_000, destinationPort }, Buffer.from(text)));
      return { host: "client", name: "ens5", direction: "out", bytes };
    };
    const probe = probeOf({ protocol: "udp", port: 53 }, false);
    const others = [datagram("a question"), datagram(DATAGRAM.reply), datagram(DATAGRAM.request, 54)];
    expect(() => follow(probe, "client", sightings(others))).toThrow(
      "trace: client must send one UDP datagram to port 53, got 3 other packets from it; is its program there?",
    );
    expect(
      follow(probe, "client", sightings([...others.slice(0, 2), datagram(DATAGRAM.request)])).request,
    ).toHaveLength(1);
  });

  test("a host that sends nothing is an error", () => {
    expect(() => follow(SYN, "client", sightings(WAY_OUT))).toThrow(
      "trace: client must send one TCP SYN to port 443, got 1 other packets from it; is its program there?",
    );
  });
});

describe("what the appliance's configuration says about a packet", () => {
  const input = { geneveSources: ["10.2.0.0/28"], clientCidrs: ["10.1.0.0/24"] };
  const toPort = (destinationPort: number) =>
    readPacket(
      fromClient(composeTcp({ source: CLIENT, destination: "198.51.100.80" }, { sourcePort: 40_000, destinationPort })),
    );
  const decide = (configuration: ReturnType<typeof filter>, port: number) =>
    applianceDecision(
      parseAgentConfiguration(formatAgentConfiguration(configuration), "test"),
      packetFacts(toPort(port).bytes, 0x0a1b2c3d4e5f6001n),
    );

  test("tc-filter drops TCP port 80 by name and returns the rest", () => {
    const configuration = filter({ geneveSources: input.geneveSources });
    expect(decide(configuration, 80)).toEqual({ kind: "drop", rule: `rule ${configuration.rules[0]?.name ?? ""}` });
    expect(decide(configuration, 443)).toEqual({ kind: "return" });
  });

  test("squid-bastion redirects the clients' ports 80 and 443 to the bridge, as its iptables lines say", () => {
    const configuration = squidBastion({
      ...input,
      bastionAddress: "10.2.0.20",
      bridgeHttpPort: 3180,
      bridgeHttpsPort: 3143,
    });
    expect(decide(configuration, 80)).toEqual({ kind: "redirect", address: "10.2.0.20", port: 3180 });
    expect(decide(configuration, 443)).toEqual({ kind: "redirect", address: "10.2.0.20", port: 3143 });
    expect(decide(configuration, 22)).toEqual({ kind: "return" });
  });
});

describe("capture files", () => {
  test("both byte orders and both units of time", () => {
    const big = Buffer.from(
      "a1b2c3d40002000400000000000000000000ffff00000114" + "000000010000000200000003" + "00000003aabbcc",
      "hex",
    );
    expect(decodePcapFile(big)).toEqual({
      linkType: 276,
      frames: [{ timeNanoseconds: 1_000_002_000n, bytes: Buffer.from("aabbcc", "hex") }],
    });
    const little = Buffer.from(
      "4d3cb2a1" +
        "02000400" +
        "00000000".repeat(2) +
        "ffff0000" +
        "14010000" +
        "01000000" +
        "02000000" +
        "01000000" +
        "01000000" +
        "aa",
      "hex",
    );
    expect(decodePcapFile(little).frames).toEqual([
      { timeNanoseconds: 1_000_000_002n, bytes: Buffer.from("aa", "hex") },
    ]);
  });

  test("a record that is still being written is left out", () => {
    const whole = Buffer.from(
      "a1b2c3d40002000400000000000000000000ffff00000114" + "000000010000000200000003" + "00000003aabbcc",
      "hex",
    );
    for (let length = 24; length < whole.length; length++) {
      expect(decodePcapFile(whole.subarray(0, length)).frames).toEqual([]);
    }
  });

  test("what is no capture file is said", () => {
    expect(() => decodePcapFile(Buffer.from("0a0d0d0a", "hex"))).toThrow(
      "capture: not a pcap file, got 0a0d0d0a at its beginning; write it with tcpdump -w",
    );
    expect(() => decodePcapFile(Buffer.alloc(24, 1))).toThrow(
      "capture: not a pcap file, got 01010101 at its beginning; write it with tcpdump -w",
    );
    expect(() => sightingsOf([{ host: "client", pcap: pcapHeader(1), interfaces: new Map() }])).toThrow(
      "capture: client must have link type 276, got 1; capture with -i any -y LINUX_SLL2",
    );
  });
});

describe("what cannot be traced", () => {
  test("a sender that is no client", async () => {
    const lab = { plan: { wiring: WIRING }, directory: "" } as unknown as Lab;
    await expect(traceLab(lab, { probe: "ping", from: "appliance" })).rejects.toThrow(
      "trace: no such sender, got 'appliance'; name one of client, outside",
    );
  });

  test("several packets at once", async () => {
    await expect(traceCommand(["pass-through", "--ping", "--http"])).rejects.toThrow(
      "trace: one packet of one scenario, got pass-through ping http; trace them one by one",
    );
    await expect(traceCommand(["pass-through", "--udp", "53", "--tcp", "8443"])).rejects.toThrow(
      "trace: one packet of one scenario, got pass-through tcp 8443 udp 53; trace them one by one",
    );
  });

  test.each(["0", "65536", "53-54", "http", "", "1e3"])("a port that is none: '%s'", async (port) => {
    for (const option of ["--tcp", "--udp"]) {
      await expect(traceCommand(["pass-through", `${option}=${port}`])).rejects.toThrow(
        `trace: ${option} must be a port from 1 to 65535, got '${port}'; correct it`,
      );
    }
  });
});

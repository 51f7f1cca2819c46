import { join } from "node:path";
import { fragmentIpv4, fragmentIpv6 } from "../../../appliance-agent/src/codec/fragment";
import { decapsulateGwlb } from "../../../appliance-agent/src/codec/gwlb-packet";
import { encodeGwlbOptions } from "../../../appliance-agent/src/codec/gwlb-options";
import { composeIp, composeIpv4, composeIpv6 } from "../../../appliance-agent/src/codec/ip-compose";
import { internetChecksum } from "../../../appliance-agent/src/codec/internet-checksum";
import {
  composeIcmp,
  composeIcmpv6,
  composeTcp,
  composeUdp,
} from "../../../appliance-agent/src/codec/upper-layer-compose";
import { uint32 } from "../../../appliance-agent/src/datapath/bpf-map";
import { LoadedProgram, loadProgram } from "../../../appliance-agent/src/datapath/bpf-object";
import { encodeEndpoint } from "../../../appliance-agent/src/datapath/endpoint-entry";
import { TestRun } from "../../../appliance-agent/src/datapath/test-run";
import { describeAsRoot, withNamespaces } from "../../support/namespaces";
import {
  ENDPOINT,
  GWLB,
  GWLB_MAC,
  LoadedForTest,
  OBJECTS,
  OUTER,
  OWN_MAC,
  gwlbFrame,
} from "../../../tools/test-run/loaded-for-test";

const LOOPBACK = 1;
const TC_ACT_SHOT = 2;
const TC_ACT_REDIRECT = 7;

const CLIENT4 = "10.1.0.5";
const SERVER4 = "203.0.113.7";
const CLIENT6 = "2001:db8::5";
const SERVER6 = "2001:db8:1::7";
const APPLIANCE4 = "10.2.0.20";
const APPLIANCE6 = "2001:db8:2::20";

/** Both programs of routed mode with the same maps. */
class Routed {
  private readonly encapRun: TestRun;

  constructor(
    readonly decap: LoadedForTest,
    readonly encap: LoadedProgram,
  ) {
    // As a forwarded packet, which came in somewhere: the kernel runs others on real devices only.
    this.encapRun = new TestRun(encap.fd, { ifindex: LOOPBACK, ingressIfindex: LOOPBACK });
    this.give(ENDPOINT);
    decap.setRules([]);
    decap.raiseDevicesGeneration();
  }

  /** The device that packets leave by, to an endpoint; nothing is told to the program. */
  give(endpoint: string): void {
    this.encap.maps.get("device_endpoints")?.update(uint32(LOOPBACK), encodeEndpoint(endpoint));
  }

  receive(frame: Uint8Array): void {
    expect(this.decap.verdict(frame)).toBe("send");
  }

  /** The frame that goes back, or undefined when the packet was dropped. */
  send(inner: Uint8Array): Buffer | undefined {
    const { verdict, packet } = this.encapRun.run(inner);
    if (verdict === TC_ACT_SHOT) return undefined;
    expect(verdict).toBe(TC_ACT_REDIRECT);
    return Buffer.from(packet);
  }
}

const withRouted = (body: (routed: Routed) => void) =>
  withNamespaces({ hosts: [] }, (namespaces) => {
    const decap = new LoadedForTest(namespaces, "decap");
    const encap = loadProgram({
      path: join(OBJECTS, "encap.bpf.o"),
      program: "encap",
      mapDirectory: join(decap.dataPath.options.pinDirectory, "maps"),
      maxEntries: { flows: decap.dataPath.readFlowTable().capacity },
    });
    try {
      body(new Routed(decap, encap));
    } finally {
      encap.close();
      decap.close();
    }
  });

/** What a load balancer checks of a packet that comes back. */
function expectReturned(frame: Buffer | undefined, received: Uint8Array, inner: Uint8Array): void {
  if (!frame) throw new Error("encap: the packet was dropped");
  expect(frame.subarray(0, 6)).toEqual(Buffer.from(GWLB_MAC));
  expect(frame.subarray(6, 12)).toEqual(Buffer.from(OWN_MAC));
  expect(internetChecksum(frame.subarray(14, 34))).toBe(0);
  const before = decapsulateGwlb(received.subarray(14));
  const after = decapsulateGwlb(frame.subarray(14));
  expect(Buffer.from(after.geneveBytes)).toEqual(Buffer.from(before.geneveBytes));
  expect(after).toMatchObject({ source: OUTER.destination, destination: OUTER.source, sourcePort: before.sourcePort });
  expect(Buffer.from(after.inner)).toEqual(Buffer.from(inner));
}

const request = (family: "ipv4" | "ipv6") => {
  const ends =
    family === "ipv4" ? { source: CLIENT4, destination: SERVER4 } : { source: CLIENT6, destination: SERVER6 };
  return composeIp(ends, composeTcp(ends, { sourcePort: 40_000, destinationPort: 443 }));
};
const reply = (family: "ipv4" | "ipv6") => {
  const ends =
    family === "ipv4" ? { source: SERVER4, destination: CLIENT4 } : { source: SERVER6, destination: CLIENT6 };
  return composeIp(ends, composeTcp(ends, { sourcePort: 443, destinationPort: 40_000 }));
};

describeAsRoot("encap", () => {
  test.each(["ipv4", "ipv6"] as const)("gives both directions of a flow its header and options: %s", async (family) => {
    await withRouted((routed) => {
      expect(routed.send(reply(family))).toBeUndefined();
      const frame = gwlbFrame(request(family));
      routed.receive(frame);
      expectReturned(routed.send(request(family)), frame, request(family));
      expectReturned(routed.send(reply(family)), frame, reply(family));
      expect(routed.decap.dataPath.readDropCounters().no_flow).toBe(1n);
    });
  });

  test.each([
    ["224.0.0.22", "link_multicast"],
    ["224.0.1.22", "no_flow"],
    ["ff02::16", "link_multicast"],
    ["ff12::16", "link_multicast"],
    ["ff05::16", "no_flow"],
  ] as const)("counts the host's own packets to its neighbours apart: %s, %s", async (destination, reason) => {
    await withRouted((routed) => {
      const ends = { source: destination.includes(":") ? "::" : APPLIANCE4, destination };
      expect(routed.send(composeIp(ends, composeUdp(ends, { sourcePort: 1, destinationPort: 1 })))).toBeUndefined();
      const dropped = Object.entries(routed.decap.dataPath.readDropCounters()).filter(([, packets]) => packets > 0n);
      expect(dropped).toEqual([[reason, 1n]]);
    });
  });

  test("looks a device's endpoint up once, until the agent has changed something", async () => {
    await withRouted((routed) => {
      const frame = gwlbFrame(request("ipv4"));
      routed.receive(frame);
      expectReturned(routed.send(reply("ipv4")), frame, reply("ipv4"));
      routed.give("00000000000000bb");
      expectReturned(routed.send(reply("ipv4")), frame, reply("ipv4"));
      routed.decap.raiseDevicesGeneration();
      expect(routed.send(reply("ipv4"))).toBeUndefined();
      routed.give(ENDPOINT);
      routed.decap.raiseDevicesGeneration();
      expectReturned(routed.send(reply("ipv4")), frame, reply("ipv4"));
    });
  });

  test("takes the cookie and the port of the newest packet at once", async () => {
    await withRouted((routed) => {
      routed.receive(gwlbFrame(request("ipv4")));
      const newer = gwlbFrame(
        request("ipv4"),
        { options: encodeGwlbOptions({ ...GWLB, flowCookie: 7 }) },
        { sourcePort: 51_000 },
      );
      routed.receive(newer);
      expectReturned(routed.send(reply("ipv4")), newer, reply("ipv4"));
      expect(routed.decap.dataPath.readFlowTable()).toMatchObject({ live: 1, inserted: 1n, evicted: 0n });
    });
  });

  test.each([0, 4, 8, 100, 124])("returns options of any length and order: %i bytes more", async (dataLength) => {
    await withRouted((routed) => {
      const extra = {
        optionClass: 0x0102,
        critical: false,
        type: 9,
        reserved: 0,
        data: new Uint8Array(dataLength).fill(5),
      };
      const options = [
        extra,
        ...encodeGwlbOptions(GWLB).reverse(),
        ...(dataLength > 80 ? [{ ...extra, type: 8, data: new Uint8Array(84) }] : []),
      ];
      const frame = gwlbFrame(request("ipv4"), { options });
      routed.receive(frame);
      expectReturned(routed.send(reply("ipv4")), frame, reply("ipv4"));
      const [flow] = routed.decap.dataPath.readFlows();
      expect(Buffer.from(flow?.geneve ?? [])).toEqual(Buffer.from(decapsulateGwlb(frame.subarray(14)).geneveBytes));
    });
  });

  test("gives later fragments the header of their first, whichever side cut the packet, in any order", async () => {
    await withRouted((routed) => {
      const ends = { source: CLIENT4, destination: SERVER4 };
      const ends6 = { source: CLIENT6, destination: SERVER6 };
      const payload = new Uint8Array(600);
      const ports = { sourcePort: 5, destinationPort: 6 };
      const sets = [
        fragmentIpv4(composeIpv4(ends, composeUdp(ends, ports, payload), { identification: 77 }), 200),
        fragmentIpv6(composeIpv6(ends6, composeUdp(ends6, ports, payload)), 200, 77),
      ];
      for (const fragments of sets) {
        const frames = fragments.map((fragment) => gwlbFrame(fragment));
        const backwards = [...fragments].reverse();
        for (const [index, frame] of [...frames].reverse().entries()) {
          routed.receive(frame);
          expectReturned(routed.send(backwards[index] as Uint8Array), frame, backwards[index] as Uint8Array);
        }
      }
      const back = { source: SERVER4, destination: CLIENT4 };
      const answer = composeIpv4(back, composeUdp(back, { sourcePort: 6, destinationPort: 5 }, payload), {
        identification: 9,
      });
      const [first, ...later] = fragmentIpv4(answer, 200);
      expect(later.map((it) => routed.send(it))).toEqual([undefined, undefined, undefined]); // cut here, they never come first
      const frame = gwlbFrame(sets[0]?.[0] as Uint8Array);
      for (const fragment of [first as Uint8Array, ...later]) expectReturned(routed.send(fragment), frame, fragment);
    });
  });

  test("a flood of fragmented datagrams pushes no flow out", async () => {
    await withRouted((routed) => {
      const { capacity } = routed.decap.dataPath.readFlowTable();
      const ends = { source: CLIENT4, destination: SERVER4 };
      const datagram = composeUdp(ends, { sourcePort: 5, destinationPort: 6 }, new Uint8Array(300));
      const other = gwlbFrame(request("ipv4"));
      routed.receive(other);
      for (let identification = 0; identification < capacity + 500; identification++)
        for (const fragment of fragmentIpv4(composeIpv4(ends, datagram, { identification }), 200))
          routed.receive(gwlbFrame(fragment));
      expect(routed.decap.dataPath.readFlowTable()).toMatchObject({ live: 2, inserted: 2n, evicted: 0n });
      expectReturned(routed.send(reply("ipv4")), other, reply("ipv4"));
    });
  });

  test("sends an ICMP error of the appliance with the header of the flow that it quotes", async () => {
    await withRouted((routed) => {
      for (const family of ["ipv4", "ipv6"] as const) {
        const frame = gwlbFrame(request(family));
        routed.receive(frame);
        const quoted = request(family).subarray(0, family === "ipv4" ? 28 : 48);
        const ends =
          family === "ipv4"
            ? { source: APPLIANCE4, destination: CLIENT4 }
            : { source: APPLIANCE6, destination: CLIENT6 };
        const types = family === "ipv4" ? [3, 4, 5, 11, 12] : [1, 2, 3, 4];
        for (const type of types) {
          const upper = family === "ipv4" ? composeIcmp({ type }, quoted) : composeIcmpv6(ends, { type }, quoted);
          expectReturned(routed.send(composeIp(ends, upper)), frame, composeIp(ends, upper));
        }
        const noError =
          family === "ipv4" ? composeIcmp({ type: 0 }, quoted) : composeIcmpv6(ends, { type: 129 }, quoted);
        expect(routed.send(composeIp(ends, noError))).toBeUndefined();
        const cut =
          family === "ipv4"
            ? composeIcmp({ type: 3 }, quoted.subarray(0, 22))
            : composeIcmpv6(ends, { type: 3 }, quoted.subarray(0, 42));
        expect(routed.send(composeIp(ends, cut))).toBeUndefined();
      }
    });
  });

  test.each(["ipv4", "ipv6"] as const)(
    "sends each ICMP error back as it came, and none as a ping: %s",
    async (family) => {
      await withRouted((routed) => {
        const [client, server] = family === "ipv4" ? [CLIENT4, SERVER4] : [CLIENT6, SERVER6];
        const [out, back] = [
          { source: client, destination: server },
          { source: server, destination: client },
        ];
        const icmp = (type: number, payload?: Uint8Array) =>
          family === "ipv4" ? composeIcmp({ type }, payload) : composeIcmpv6(back, { type }, payload);
        const datagram = (sourcePort: number) => composeIp(out, composeUdp(out, { sourcePort, destinationPort: 53 }));
        const frameOf = (inner: Uint8Array, flowCookie: number) =>
          gwlbFrame(inner, { options: encodeGwlbOptions({ ...GWLB, flowCookie }) });
        const answer = composeIp(back, icmp(family === "ipv4" ? 0 : 129));
        const unreachable = family === "ipv4" ? 3 : 1;
        // Their UDP checksums make up for the ports: the errors about them have the same checksum.
        const errors = [1000, 1001, 1002].map((port) => composeIp(back, icmp(unreachable, datagram(port))));
        const frames = [answer, ...errors].map((inner, index) => frameOf(inner, index));
        frames.forEach((frame) => {
          routed.receive(frame);
        });
        [answer, ...errors].forEach((inner, index) => {
          expectReturned(routed.send(inner), frames[index] as Uint8Array, inner);
        });
        // One that the appliance itself makes about a flow between the same hosts.
        const flow = frameOf(datagram(1003), 9);
        routed.receive(flow);
        const own = composeIp(back, icmp(unreachable, datagram(1003)));
        expectReturned(routed.send(own), flow, own);
        expect(routed.decap.dataPath.readFlowTable()).toMatchObject({ live: 2 });
      });
    },
  );

  test("counts flows that newer ones pushed out, and never confuses them", async () => {
    await withRouted((routed) => {
      const { capacity } = routed.decap.dataPath.readFlowTable();
      const flowOf = (n: number) => {
        const ends = { source: `10.1.${String(n >> 8)}.${String(n & 255)}`, destination: SERVER4 };
        return composeIp(ends, composeUdp(ends, { sourcePort: 1000, destinationPort: 53 }));
      };
      const frameOf = (n: number) => gwlbFrame(flowOf(n), { options: encodeGwlbOptions({ ...GWLB, flowCookie: n }) });
      const flows = capacity + 2000;
      for (let n = 0; n < flows; n++) routed.receive(frameOf(n));
      const table = routed.decap.dataPath.readFlowTable();
      expect(table.inserted).toBe(BigInt(flows));
      expect(table.evicted).toBe(BigInt(flows - table.live));
      expect(table.live).toBeLessThanOrEqual(capacity);
      let returned = 0;
      for (let n = 0; n < flows; n++) {
        const frame = routed.send(flowOf(n));
        if (!frame) continue;
        expect(frame.readUInt32BE(14 + 28 + 8 + 28)).toBe(n);
        returned++;
      }
      expect(returned).toBe(table.live);
      expect(routed.decap.dataPath.expireFlows(60)).toBe(0);
      expect(routed.decap.dataPath.readFlows({ port: 53, limit: 5 })).toHaveLength(5);
    });
  });

  test("drops what is no IP packet", async () => {
    await withRouted((routed) => {
      expect(routed.send(new Uint8Array(40).fill(0x55))).toBeUndefined();
      expect(routed.send(request("ipv4").subarray(0, 30))).toBeUndefined();
      expect(routed.decap.dataPath.readDropCounters().not_ip).toBe(2n);
    });
  });
});

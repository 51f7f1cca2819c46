import { fragmentIpv4, fragmentIpv6 } from "../../../appliance-agent/src/codec/fragment";
import { decapsulateGwlb } from "../../../appliance-agent/src/codec/gwlb-packet";
import { composeIpv4, composeIpv6 } from "../../../appliance-agent/src/codec/ip-compose";
import { internetChecksum } from "../../../appliance-agent/src/codec/internet-checksum";
import { composeUdp } from "../../../appliance-agent/src/codec/upper-layer-compose";
import { Rule } from "../../../appliance-agent/src/rules/rule";
import { Namespaces, describeAsRoot, withNamespaces } from "../../support/namespaces";
import {
  GWLB_MAC,
  INBOUND,
  InboundName,
  LoadedForTest,
  OUTER,
  OWN_MAC,
  gwlbFrame,
} from "../../../tools/test-run/loaded-for-test";
import { CASES, TABLE_RULES } from "../../../tools/test-run/inbound-packets";

const NAMES = Object.keys(INBOUND) as InboundName[];

const withProgram = (name: InboundName, body: (program: LoadedForTest) => void) =>
  withNamespaces({ hosts: [] }, (namespaces: Namespaces) => {
    const program = new LoadedForTest(namespaces, name);
    try {
      body(program);
    } finally {
      program.close();
    }
  });

describeAsRoot("inbound programs", () => {
  test.each(NAMES)("%s: gives every packet its verdict, and counts it once", async (name) => {
    await withProgram(name, (program) => {
      program.setRules(TABLE_RULES);
      const found = CASES.map(({ name, packet }) => {
        const { verdict, drop } = program.outcome(packet);
        return { name, verdict, drop };
      });
      expect(found).toEqual(CASES.map(({ name, verdict, drop }) => ({ name, verdict, drop })));
    });
  });

  test.each(NAMES.filter((name) => INBOUND[name].mode === "hairpin"))(
    "%s: returns packets with addresses swapped and nothing else changed",
    async (name) => {
      await withProgram(name, (program) => {
        program.setRules(TABLE_RULES);
        for (const { packet, verdict } of CASES.filter((it) => it.verdict === "send")) {
          const returned = program.outcome(packet).packet;
          expect(verdict).toBe("send");
          expect(returned.subarray(0, 6)).toEqual(Buffer.from(GWLB_MAC));
          expect(returned.subarray(6, 12)).toEqual(Buffer.from(OWN_MAC));
          const outerLength = ((packet[14] ?? 0) & 0xf) * 4;
          expect(internetChecksum(returned.subarray(14, 14 + outerLength))).toBe(0);
          expect(returned.subarray(26, 30)).toEqual(Buffer.from(packet.subarray(30, 34)));
          expect(returned.subarray(30, 34)).toEqual(Buffer.from(packet.subarray(26, 30)));
          expect(returned.subarray(12, 26)).toEqual(Buffer.from(packet.subarray(12, 26)));
          expect(returned.subarray(34)).toEqual(Buffer.from(packet.subarray(34)));
        }
      });
    },
  );

  test("hairpin at tc: what comes back is read by the codec as what went in", async () => {
    await withProgram("hairpin at tc", (program) => {
      program.setRules([]);
      const ends = { source: "10.1.0.5", destination: "203.0.113.7" };
      const inner = composeIpv4(ends, composeUdp(ends, { sourcePort: 1, destinationPort: 2 }));
      const { packet } = program.outcome(gwlbFrame(inner));
      const returned = decapsulateGwlb(packet.subarray(14));
      expect(returned).toMatchObject({
        source: OUTER.destination,
        destination: OUTER.source,
        sourcePort: OUTER.sourcePort,
        inner: Buffer.from(inner),
      });
    });
  });

  test("decap: leaves the inner packet behind the Ethernet header", async () => {
    await withProgram("decap", (program) => {
      program.setRules([]);
      for (const ends of [
        { source: "10.1.0.5", destination: "203.0.113.7" },
        { source: "2001:db8::1", destination: "2001:db8::2" },
      ]) {
        const upper = composeUdp(ends, { sourcePort: 1, destinationPort: 2 }, new Uint8Array(100));
        const inner = ends.source.includes(":") ? composeIpv6(ends, upper) : composeIpv4(ends, upper);
        const outer = { options: new Uint8Array(8).fill(1) };
        for (const frame of [gwlbFrame(inner), gwlbFrame(inner, { outer })])
          expect(program.outcome(frame).packet.subarray(14)).toEqual(Buffer.from(inner));
      }
    });
  });

  const fragmented = (port: number, family: "ipv4" | "ipv6", identification: number): Uint8Array[] => {
    const ends =
      family === "ipv4"
        ? { source: "10.1.0.5", destination: "203.0.113.7" }
        : { source: "2001:db8::1", destination: "2001:db8::2" };
    const upper = composeUdp(ends, { sourcePort: 9, destinationPort: port }, new Uint8Array(600));
    return (
      family === "ipv4"
        ? fragmentIpv4(composeIpv4(ends, upper, { identification }), 200)
        : fragmentIpv6(composeIpv6(ends, upper), 200, identification)
    ).map((fragment) => gwlbFrame(fragment));
  };
  const FRAGMENT_RULES: readonly Rule[] = [
    { name: "no-53", match: { protocol: "udp", destinationPorts: [53] }, action: "drop" },
    { name: "only-54", match: { protocol: "udp", destinationPorts: [54] }, action: "forward" },
  ];

  test.each(NAMES)("%s: later fragments follow the verdict of the first", async (name) => {
    await withProgram(name, (program) => {
      program.setRules(FRAGMENT_RULES, "drop");
      for (const family of ["ipv4", "ipv6"] as const) {
        const [first53, ...later53] = fragmented(53, family, 1);
        const [first54, ...later54] = fragmented(54, family, 2);
        const [first55, ...later55] = fragmented(55, family, 3);
        expect(program.verdict(first53 as Uint8Array)).toBe("drop");
        expect(later53.map((it) => program.outcome(it).drop)).toEqual(["rule", "rule", "rule"]);
        expect(program.verdict(first54 as Uint8Array)).toBe("send");
        expect(later54.map((it) => program.verdict(it))).toEqual(["send", "send", "send"]);
        expect(program.verdict(first55 as Uint8Array)).toBe("drop");
        expect(later55.map((it) => program.outcome(it).drop)).toEqual(Array(3).fill("default_action"));
      }
    });
  });

  test.each(NAMES)("%s: fragments that come before their first are not lost when that may pass", async (name) => {
    await withProgram(name, (program) => {
      program.setRules(FRAGMENT_RULES, "drop");
      for (const family of ["ipv4", "ipv6"] as const) {
        const reversed = fragmented(54, family, 4).reverse();
        expect(reversed.map((it) => program.verdict(it))).toEqual(["send", "send", "send", "send"]);
      }
      program.setRules([FRAGMENT_RULES[0] as Rule], "drop");
      const [, ...later] = fragmented(54, "ipv4", 5);
      expect(later.map((it) => program.outcome(it).drop)).toEqual(Array(3).fill("default_action"));
    });
  });

  test.each(NAMES)("%s: drops everything until rules are loaded", async (name) => {
    await withProgram(name, (program) => {
      const ends = { source: "10.1.0.5", destination: "203.0.113.7" };
      const packet = gwlbFrame(composeIpv4(ends, composeUdp(ends, { sourcePort: 1, destinationPort: 2 })));
      expect(program.outcome(packet)).toMatchObject({ verdict: "drop", drop: "no_rules" });
      program.setRules([]);
      expect(program.outcome(packet).verdict).toBe("send");
    });
  });
});

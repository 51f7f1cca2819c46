import { setImmediate as nextTurn } from "node:timers/promises";
import { encodeGwlbOptions } from "../../../appliance-agent/src/codec/gwlb-options";
import { composeIp } from "../../../appliance-agent/src/codec/ip-compose";
import { composeUdp } from "../../../appliance-agent/src/codec/upper-layer-compose";
import { describeAsRoot, withNamespaces } from "../../support/namespaces";
import { GWLB, LoadedForTest, gwlbFrame } from "../../../tools/test-run/loaded-for-test";

const PACKETS = 1500;

describeAsRoot("packets that are handed up", () => {
  test("a flood of them leaves turns to the rest of the agent", async () => {
    await withNamespaces({ hosts: [] }, async (namespaces) => {
      const decap = new LoadedForTest(namespaces, "decap");
      decap.setRules([]);
      const ends = { source: "10.1.0.5", destination: "203.0.113.7" };
      const packet = composeIp(ends, composeUdp(ends, { sourcePort: 1000, destinationPort: 53 }));
      const options = encodeGwlbOptions({ ...GWLB, endpointId: 0xaaaan });
      const found: string[] = [];
      const stop = decap.dataPath.onHandedUpPacket(({ endpoint }) => found.push(endpoint));
      try {
        for (let n = 0; n < PACKETS; n++) decap.verdict(gwlbFrame(packet, { options }));
        const seen = new Set<number>();
        for (const end = Date.now() + 10_000; found.length < PACKETS && Date.now() < end; await nextTurn())
          seen.add(found.length);
        expect(found).toEqual(Array<string>(PACKETS).fill("000000000000aaaa"));
        expect(seen.size).toBeGreaterThan(4); // libbpf alone would read all of them in one
      } finally {
        stop();
        decap.dataPath.close();
      }
    });
  });
});

import { encodeGwlbOptions } from "../../../appliance-agent/src/codec/gwlb-options";
import { composeIp } from "../../../appliance-agent/src/codec/ip-compose";
import { composeUdp } from "../../../appliance-agent/src/codec/upper-layer-compose";
import { describeAsRoot, eventually, withNamespaces } from "../../support/namespaces";
import { GWLB, INBOUND, type InboundName, LoadedForTest, gwlbFrame } from "../../../tools/test-run/loaded-for-test";

/** More than there are slots (256), so that most share theirs; no more than are counted (1024). */
const ENDPOINTS = 700;
const ROUNDS = 3;

const ends = { source: "10.1.0.5", destination: "203.0.113.7" };

/** Of another length for each endpoint. */
const packetOf = (n: number) =>
  composeIp(ends, composeUdp(ends, { sourcePort: 1000, destinationPort: 53 }, new Uint8Array(n)));
/** Two of three are small numbers, which lie close together; one is 0, which is what an empty slot holds. */
const idOf = (n: number) => (n % 3 === 0 ? BigInt(n) * 0x0123_4567_89ab_cdefn : BigInt(n)) & 0xffff_ffff_ffff_ffffn;
const frameOf = (n: number) => gwlbFrame(packetOf(n), { options: encodeGwlbOptions({ ...GWLB, endpointId: idOf(n) }) });

describeAsRoot("endpoints", () => {
  test.each(Object.keys(INBOUND) as InboundName[])("are each counted and reported once, %s", async (name) => {
    await withNamespaces({ hosts: [] }, async (namespaces) => {
      const loaded = new LoadedForTest(namespaces, name);
      loaded.setRules([]);
      const reported: string[] = [];
      const stop = loaded.dataPath.onNewEndpoint((endpoint) => reported.push(endpoint));
      try {
        for (let n = 0; n < ENDPOINTS; n++) if (name === "decap") loaded.admit(idOf(n));
        for (let round = 0; round < ROUNDS; round++)
          for (let n = 0; n < ENDPOINTS; n++) expect(loaded.verdict(frameOf(n))).toBe("send");

        const expected = Array.from({ length: ENDPOINTS }, (_, n) => ({
          endpoint: idOf(n).toString(16).padStart(16, "0"),
          packets: BigInt(ROUNDS),
          bytes: BigInt(ROUNDS * packetOf(n).length),
        }));
        const counted = loaded.dataPath.readEndpoints().map(({ idleMilliseconds: _, ...counters }) => counters);
        const byId = (a: { endpoint: string }, b: { endpoint: string }) => (a.endpoint < b.endpoint ? -1 : 1);
        expect(counted.sort(byId)).toEqual(expected.sort(byId));

        await eventually(
          "every endpoint is reported",
          () => reported.length >= ENDPOINTS || undefined,
          () => `${String(reported.length)} reported`,
        );
        expect(reported.sort()).toEqual(expected.map(({ endpoint }) => endpoint));
      } finally {
        stop();
        loaded.close();
      }
    });
  });
});

import { underlayGro } from "../../../appliance-agent/src/control/underlay-gro";

const judged = (merging: string[] | undefined, hook: "tc" | "xdp" = "tc") =>
  underlayGro({ name: "ens5", hook, mtu: 9001, merging });

test("holds where no feature merges packets", () => {
  expect(judged([])).toEqual([{ name: "underlay-gro", ok: true, detail: "ens5 merges no GENEVE packets" }]);
});

test("fails where some do, and says how to switch them off", () => {
  const detail =
    "underlay interface ens5: GRO merges GENEVE packets, and merged ones are dropped, " +
    "got rx-udp-gro-forwarding on rx-gro-list on; ethtool -K ens5 rx-udp-gro-forwarding off rx-gro-list off";
  expect(judged(["rx-udp-gro-forwarding", "rx-gro-list"])).toEqual([{ name: "underlay-gro", ok: false, detail }]);
});

test("is not judged by XDP, which comes before GRO, nor without ethtool", () => {
  expect([judged(["rx-gro-list"], "xdp"), judged(undefined)]).toEqual([[], []]);
});

import { underlayMtu } from "../../../appliance-agent/src/control/underlay-mtu";

const judged = (mtu: number | undefined, hook: "tc" | "xdp" = "tc") => underlayMtu({ name: "ens5", hook, mtu });

test.each([
  [9001, "ens5 takes packets of 8500 bytes"],
  [8568, "ens5 takes packets of 8500 bytes"],
])("an MTU of %s has room for every packet of a load balancer", (mtu, detail) => {
  expect(judged(mtu)).toEqual({ name: "underlay-mtu", ok: true, detail });
});

test.each([8567, 1500])("fails with an MTU of %s, and says what to do", (mtu) => {
  const needed = "MTU below 8568 (packets of 8500 bytes and 68 of GENEVE)";
  const detail = `underlay interface ens5: ${needed}, got ${mtu}; ip link set dev ens5 mtu 9001`;
  expect(judged(mtu)).toEqual({ name: "underlay-mtu", ok: false, detail });
});

test("by XDP shorter packets have to do, but those of the internet must fit", () => {
  expect(judged(3498, "xdp")).toMatchObject({ ok: true, detail: "ens5 takes packets of 3430 bytes" });
  const needed = "MTU below 1568 (packets of 1500 bytes and 68 of GENEVE)";
  const detail = `underlay interface ens5: ${needed}, got 1500; ip link set dev ens5 mtu 1568`;
  expect(judged(1500, "xdp")).toMatchObject({ ok: false, detail });
});

test("fails without the interface", () => {
  const detail = "underlay interface ens5: not found; see the condition data-path";
  expect(judged(undefined)).toMatchObject({ ok: false, detail });
});

import { mergingFeatures, readMergingFeatures } from "../../../appliance-agent/src/host/merging-features";

/** As ethtool 6.1 prints them. */
const features = (gro: string, list: string, forwarding: string) =>
  [
    "Features for ens5:",
    "rx-checksumming: on [fixed]",
    "tx-checksumming: on",
    "\ttx-checksum-ipv4: off [fixed]",
    `generic-receive-offload: ${gro}`,
    "rx-gro-hw: off [fixed]",
    `rx-gro-list: ${list}`,
    `rx-udp-gro-forwarding: ${forwarding}`,
    "",
  ].join("\n");

test.each([
  ["on", "off", "off", []],
  ["on", "off", "on", ["rx-udp-gro-forwarding"]],
  ["on", "on [requested off]", "on", ["rx-udp-gro-forwarding", "rx-gro-list"]],
  ["off", "on", "on", []],
])("GRO %s, rx-gro-list %s, rx-udp-gro-forwarding %s", (gro, list, forwarding, merging) => {
  expect(mergingFeatures(features(gro, list, forwarding))).toEqual(merging);
});

test("is not known of an interface that does not exist", async () => {
  expect(await readMergingFeatures("none-such0")).toBeUndefined();
});

import { encodeProxyHeader, plainAddress } from "../../../appliance-agent/src/proxy-bridge/proxy-protocol";

test.each([
  ["10.1.0.10", "10.2.0.20", "PROXY TCP4 10.1.0.10 10.2.0.20 56324 3443\r\n"],
  ["fd00:1::10", "fd00:2::20", "PROXY TCP6 fd00:1::10 fd00:2::20 56324 3443\r\n"],
])("writes the line of the specification for %s", (client, bastion, line) => {
  expect(encodeProxyHeader({ address: client, port: 56324 }, { address: bastion, port: 3443 })).toBe(line);
});

test("the longest line has the 107 bytes that the specification allows", () => {
  const longest = { address: "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", port: 65535 };
  expect(encodeProxyHeader(longest, longest).length).toBeLessThanOrEqual(107);
});

test.each([
  ["::ffff:10.1.0.10", "10.1.0.10"],
  ["10.1.0.10", "10.1.0.10"],
  ["fe80::1%ens5", "fe80::1"],
  ["::ffff:1", "::ffff:1"],
  [undefined, ""],
])("takes %s for %s", (address, plain) => {
  expect(plainAddress(address)).toBe(plain);
});

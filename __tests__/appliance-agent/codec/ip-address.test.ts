import fc from "fast-check";
import { formatIpAddress, parseIpAddress } from "../../../appliance-agent/src/codec/ip-address";
import { bytesOf, hex } from "./header-tests";

test("addresses are read and written as the kernel's tools do", () => {
  expect([...parseIpAddress("10.1.0.5")]).toEqual([10, 1, 0, 5]);
  expect([...parseIpAddress("2001:db8::5")]).toEqual([...hex("20010db8000000000000000000000005")]);
  expect(formatIpAddress(hex("20010db8000000000000000000000005"))).toBe("2001:db8::5");
});

test("an address is read back as it was written", () => {
  fc.assert(
    fc.property(fc.oneof(bytesOf(4), bytesOf(16)), (bytes) => {
      expect([...parseIpAddress(formatIpAddress(bytes))]).toEqual([...bytes]);
    }),
  );
});

test.each(["", "10.1.0", "10.1.0.256", "fd00::g", "010.1.0.5"])("fails on %s", (text) => {
  expect(() => parseIpAddress(text)).toThrow(
    `IP address: not one, got "${text}"; write it as 192.0.2.1 or 2001:db8::1`,
  );
});

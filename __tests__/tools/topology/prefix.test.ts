import fc from "fast-check";
import {
  addressAt,
  contains,
  covers,
  formatAddress,
  formatPrefix,
  overlaps,
  parseAddress,
  parsePrefix,
} from "../../../tools/topology/prefix";

test.each([
  "",
  "10.0.0.0",
  "10.0.0.0/33",
  "10.0.0/8",
  "0x0a.0.0.0/8",
  "::/129",
  "10.0.0.0/-1",
  "fe80::1%eth0/64",
  "10.0.0.0/8 ",
  "a/8",
])("'%s' is no prefix", (text) => {
  expect(parsePrefix(text)).toBeUndefined();
});

test.each([
  ["10.1.2.3/8", "10.0.0.0/8"],
  ["2001:db8::1/32", "2001:db8::/32"],
  ["0.0.0.0/0", "0.0.0.0/0"],
  ["255.255.255.255/32", "255.255.255.255/32"],
])("%s is written %s", (text, written) => {
  const prefix = parsePrefix(text);
  expect(prefix && formatPrefix(prefix)).toBe(written);
});

test("an address is in the prefix that its leading bits make, and in none that differs in one", () => {
  fc.assert(
    fc.property(fc.ipV4(), fc.integer({ min: 1, max: 32 }), (text, length) => {
      const address = parseAddress(text);
      const prefix = parsePrefix(`${text}/${length}`);
      if (!address || !prefix) throw new Error(text);
      const sibling = { ...prefix, network: prefix.network ^ (1n << BigInt(32 - length)) };
      expect([
        contains(prefix, address),
        contains(sibling, address),
        overlaps(prefix, sibling),
        covers(prefix, prefix),
      ]).toEqual([true, false, false, true]);
      expect(formatAddress(addressAt(prefix, address.value - prefix.network))).toBe(text);
    }),
  );
});

import { parseServerName } from "../../../appliance-agent/src/proxy-bridge/server-name";

test.each([
  ["Example.COM", "example.com"],
  ["localhost", "localhost"],
  ["a-b.c_d.example", "a-b.c_d.example"],
  ["xn--bcher-kva.example", "xn--bcher-kva.example"],
  ["1.2.3.4.example", "1.2.3.4.example"],
  [`${"a".repeat(63)}.example`, `${"a".repeat(63)}.example`],
])("reads %s", (text, name) => {
  expect(parseServerName(text)).toBe(name);
});

test.each([
  ["an empty name", ""],
  ["a trailing dot (RFC 6066 §3)", "example.com."],
  ["an empty label", "a..b"],
  ["an IPv4 address", "10.2.0.20"],
  ["an IPv4 address in the short form of inet_aton(3)", "127.1"],
  ["an IPv4 address as one number", "2130706433"],
  ["an IPv4 address with a hexadecimal part", "0x7f.0.0.0x1"],
  ["an IPv6 address", "fd00::1"],
  ["an IPv6 address in brackets", "[fd00::1]"],
  ["a label of 64 octets", `${"a".repeat(64)}.example`],
  ["a name of 254 octets", `${"a.".repeat(126)}aa`],
  ["a leading hyphen", "-a.example"],
  ["a port", "example.com:443"],
  ["a space", "exa mple.com"],
  ["a line break", "example.com\r\nX: y"],
  ["a NUL", "example.com\0.denied.example"],
  ["a letter that is not ASCII", "bücher.example"],
])("fails on %s", (_, text) => {
  expect(parseServerName(text)).toBeUndefined();
});

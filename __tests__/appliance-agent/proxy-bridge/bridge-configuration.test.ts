import { parseBridgeConfiguration } from "../../../appliance-agent/src/proxy-bridge/bridge-configuration";

const valid = { version: 1, clientCidrs: ["10.1.0.0/24"] };
const parse = (change: object) => parseBridgeConfiguration(JSON.stringify({ ...valid, ...change }), "bridge.json");

test("a minimal file has every default", () => {
  expect(parse({})).toEqual({
    version: 1,
    listen: { address: "::", httpPort: 3180, httpsPort: 3443 },
    clientCidrs: ["10.1.0.0/24"],
    squid: { address: "127.0.0.1", port: 3131 },
    deniedDomains: [],
    timeouts: { headerSeconds: 15, keepAliveSeconds: 75, idleSeconds: 360, connectSeconds: 30, drainSeconds: 30 },
    limits: { headerBytes: 32768, clientHelloBytes: 16384, connections: 8192, connectionsPerClient: 1024 },
    health: { address: "127.0.0.1", port: 8080 },
  });
});

test.each<[string, object, string]>([
  ["an unknown key", { denied: [] }, "bridge.json: unknown key, got 'denied'; remove it, or correct its spelling"],
  [
    "an unknown key inside",
    { limits: { bytes: 1 } },
    "bridge.json: limits: unknown key, got 'bytes'; remove it, or correct its spelling",
  ],
  ["another version", { version: 2 }, "bridge.json: version: invalid input: expected 1, got 2; correct it"],
  [
    "no client",
    { clientCidrs: [] },
    "bridge.json: clientCidrs: too small: expected array to have >=1 items, got []; correct it",
  ],
  [
    "a CIDR with host bits",
    { clientCidrs: ["10.1.0.1/24"] },
    'bridge.json: clientCidrs.0: must be a network in CIDR notation with no host bits set, as 10.1.0.0/24, got "10.1.0.1/24"; correct it',
  ],
  [
    "a port out of range",
    { listen: { httpPort: 70000 } },
    "bridge.json: listen.httpPort: too big: expected number to be <=65535, got 70000; correct it",
  ],
  [
    "a name as an address",
    { squid: { address: "localhost" } },
    'bridge.json: squid.address: must be an IPv4 or IPv6 address, got "localhost"; correct it',
  ],
  [
    "a URL as a domain",
    { deniedDomains: ["http://a.example"] },
    "bridge.json: deniedDomains.0: must be a lower-case name, as 'example.com', or '.example.com' for it and every name below it, got \"http://a.example\"; correct it",
  ],
  [
    "a line break in a domain",
    { deniedDomains: ["a\nb"] },
    "bridge.json: deniedDomains.0: must be a lower-case name, as 'example.com', or '.example.com' for it and every name below it, got \"a\\nb\"; correct it",
  ],
])("fails on %s", (_, change, message) => {
  expect(() => parse(change)).toThrow(new Error(message));
});

test("fails on text that is no JSON", () => {
  expect(() => parseBridgeConfiguration("{", "s3://b/k")).toThrow(
    /^s3:\/\/b\/k: not JSON, got .*; correct the syntax$/,
  );
});

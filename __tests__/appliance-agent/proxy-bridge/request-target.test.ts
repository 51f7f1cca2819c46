import { type ReceivedRequest, requestTarget } from "../../../appliance-agent/src/proxy-bridge/request-target";

const isOwn = (address: string) => address === "10.2.0.20" || address === "fd00:2::20";

function received(target: string, rawHeaders: string[], change: Partial<ReceivedRequest> = {}) {
  return requestTarget({ method: "GET", target, httpVersion: "1.1", rawHeaders, ...change }, isOwn);
}

test.each([
  ["a path and a Host", "/a?b#c", "example.com", "http://example.com/a?b#c"],
  ["a Host in upper case with a trailing dot", "/", "EXAMPLE.com.", "http://example.com/"],
  ["the port that it went to", "/", "example.com:80", "http://example.com/"],
  ["an IPv4 address", "/", "203.0.113.10", "http://203.0.113.10/"],
  ["an IPv6 address", "/", "[2001:DB8::1]:80", "http://[2001:DB8::1]/"],
  ["the absolute form with the same Host", "http://example.com/a", "example.com", "http://example.com/a"],
  ["the absolute form without a path", "http://example.com?q", "example.com", "http://example.com/?q"],
])("sends on %s", (_, target, host, uri) => {
  expect(received(target, ["hOsT", host])).toMatchObject({ uri });
});

test("sends OPTIONS * on as Squid takes it: an authority without a path (RFC 9112 §3.2.4)", () => {
  expect(received("*", ["Host", "example.com"], { method: "OPTIONS" })).toEqual({
    uri: "http://example.com",
    host: "example.com",
  });
});

test.each<[string, string, string[], Partial<ReceivedRequest>, number, string]>([
  ["no Host", "/", [], {}, 400, "exactly one Host header is needed (RFC 9112 3.2), got 0"],
  ["an empty Host", "/", ["Host", ""], {}, 400, "exactly one Host header is needed (RFC 9112 3.2), got 1"],
  [
    "two Hosts",
    "/",
    ["Host", "a.example", "host", "a.example"],
    {},
    400,
    "exactly one Host header is needed (RFC 9112 3.2), got 2",
  ],
  [
    "another Host than the target's",
    "http://a.example/",
    ["Host", "b.example"],
    {},
    400,
    "the target names a.example, the Host header b.example",
  ],
  [
    "an https target",
    "https://a.example/",
    ["Host", "a.example"],
    {},
    400,
    "the target must be a path or an http:// URI",
  ],
  ["an asterisk without OPTIONS", "*", ["Host", "a.example"], {}, 400, "the target must be a path or an http:// URI"],
  [
    "user information",
    "http://u@a.example/",
    ["Host", "u@a.example"],
    {},
    400,
    "a host name or an address is needed, got u@a.example",
  ],
  ["a name that is none", "/", ["Host", "a/b"], {}, 400, "a host name or an address is needed, got a/b"],
  ["an address in disguise", "/", ["Host", "0x7f.1"], {}, 400, "a host name or an address is needed, got 0x7f.1"],
  [
    "an IPv6 address with a zone",
    "/",
    ["Host", "[fe80::1%25eth0]"],
    {},
    400,
    "a host name or an address is needed, got [fe80::1%25eth0]",
  ],
  ["another port", "/", ["Host", "a.example:22"], {}, 421, "this connection went to port 80, got a.example:22"],
  ["the bastion's own address", "/", ["Host", "10.2.0.20"], {}, 421, "10.2.0.20 is the proxy itself"],
  ["the bastion's own IPv6 address", "/", ["Host", "[fd00:2::20]"], {}, 421, "fd00:2::20 is the proxy itself"],
  [
    "CONNECT",
    "a.example:443",
    ["Host", "a.example"],
    { method: "CONNECT" },
    405,
    "CONNECT is for proxies that the client knows of; connect to port 443 itself",
  ],
  [
    "two lengths",
    "/",
    ["Host", "a.example", "Content-Length", "1", "content-length", "1"],
    {},
    400,
    "one Content-Length at most, got 2",
  ],
  [
    "a length and a coding",
    "/",
    ["Host", "a.example", "Content-Length", "1", "Transfer-Encoding", "chunked"],
    {},
    400,
    "Content-Length or Transfer-Encoding, not both",
  ],
  [
    "a coding in HTTP/1.0",
    "/",
    ["Host", "a.example", "Transfer-Encoding", "chunked"],
    { httpVersion: "1.0" },
    400,
    "no Transfer-Encoding in HTTP/1.0 (RFC 9112 6.1), got chunked",
  ],
  [
    "another coding",
    "/",
    ["Host", "a.example", "Transfer-Encoding", "gzip, chunked"],
    {},
    501,
    "Transfer-Encoding must be chunked, got gzip, chunked",
  ],
])("refuses %s", (_, target, rawHeaders, change, status, detail) => {
  expect(received(target, rawHeaders, change)).toMatchObject({ status, detail });
});

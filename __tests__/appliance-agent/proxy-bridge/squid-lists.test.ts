import { squidLists } from "../../../appliance-agent/src/proxy-bridge/squid-lists";

const clientCidrs = ["10.1.0.0/24", "fd00:1::/64"];

test("without allowed domains every client is unrestricted", () => {
  expect(squidLists({ clientCidrs, deniedDomains: ["b.example", "a.example"], allowedDomains: undefined })).toEqual({
    clients: "10.1.0.0/24\nfd00:1::/64\n",
    "denied-domains": "a.example\nb.example\n",
    "allowed-domains": "",
    "unrestricted-clients": "10.1.0.0/24\nfd00:1::/64\n",
  });
});

test("with allowed domains no client is unrestricted", () => {
  expect(squidLists({ clientCidrs, deniedDomains: [], allowedDomains: [".a.example"] })).toMatchObject({
    "allowed-domains": ".a.example\n",
    "unrestricted-clients": "",
  });
});

test.each([
  [["a.example", "a.example"], ["a.example"]],
  [["a.example", ".a.example"], [".a.example"]],
  [["x.y.a.example", ".y.a.example", ".a.example"], [".a.example"]],
  [
    ["xa.example", ".a.example"],
    [".a.example", "xa.example"],
  ],
  [
    ["a.example", "x.a.example"],
    ["a.example", "x.a.example"],
  ],
])("of %j keeps %j", (deniedDomains, kept) => {
  const { "denied-domains": text } = squidLists({ clientCidrs, deniedDomains, allowedDomains: undefined });
  expect(text.trim().split("\n")).toEqual(kept);
});

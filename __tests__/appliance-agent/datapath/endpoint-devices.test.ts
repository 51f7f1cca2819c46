import { decodeEndpoint, encodeEndpoint } from "../../../appliance-agent/src/datapath/endpoint-entry";
import { endpointDevices } from "../../../appliance-agent/src/datapath/endpoint-devices";

// The longest is the one that the comment above toBase60 in AWS's tunnel handler gives for 2^64 - 1.
test.each([
  ["ffffffffffffffff", "uur953OEv0f"],
  ["0000000000000000", "0"],
  ["000000000000003b", "X"],
  ["000000000000003c", "10"],
])("endpoint %s has the devices that AWS's tunnel handler would make: %s", (endpoint, name) => {
  expect(endpointDevices(endpoint)).toEqual({ endpoint, ingress: `gwi-${name}`, egress: `gwo-${name}` });
});

test("the longest name fits the kernel's 15 characters", () => {
  expect(endpointDevices("ffffffffffffffff").ingress).toHaveLength(15);
});

test("an endpoint's key is read back", () => {
  expect([...encodeEndpoint("0102030405060708")]).toEqual([8, 7, 6, 5, 4, 3, 2, 1]);
  expect(decodeEndpoint(encodeEndpoint("0123456789abcdef"))).toBe("0123456789abcdef");
});

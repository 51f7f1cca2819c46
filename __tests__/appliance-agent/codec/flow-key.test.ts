import {
  flowKey,
  formatFlow,
  quotedFlowKey,
  quotedPacket,
  reverseFlowKey,
} from "../../../appliance-agent/src/codec/flow-key";
import { fragmentIpv4 } from "../../../appliance-agent/src/codec/fragment";
import { Ends, composeIp } from "../../../appliance-agent/src/codec/ip-compose";
import {
  composeIcmp,
  composeIcmpv6,
  composeTcp,
  composeUdp,
} from "../../../appliance-agent/src/codec/upper-layer-compose";

const ends4: Ends = { source: "10.1.0.5", destination: "198.51.100.7" };
const ends6: Ends = { source: "2001:db8::5", destination: "2001:db8:1::7" };
const router4: Ends = { source: "203.0.113.1", destination: "10.1.0.5" };
const router6: Ends = { source: "2001:db8:2::1", destination: "2001:db8::5" };
const ports = { sourcePort: 40000, destinationPort: 443 };

test.each([ends4, ends6])("is the 5-tuple of TCP and UDP, %o", (ends) => {
  for (const upper of [composeTcp(ends, ports), composeUdp(ends, ports)]) {
    expect(flowKey(composeIp(ends, upper))).toMatchObject({ ...ends, ...ports, protocol: upper.protocol });
  }
});

test("has no ports where the protocol has none", () => {
  const ping = composeIp(ends4, composeIcmp({ type: 8 }));
  expect(flowKey(ping)).toEqual({ ...ends4, family: "ipv4", protocol: 1, sourcePort: 0, destinationPort: 0 });
});

test("is written alike in both directions, and differently for another flow", () => {
  const key = flowKey(composeIp(ends4, composeTcp(ends4, ports)));
  expect(formatFlow(reverseFlowKey(key))).toBe(formatFlow(key));
  expect(formatFlow(key)).toBe("ipv4 6 10.1.0.5 40000 198.51.100.7 443");
  expect(formatFlow({ ...key, sourcePort: 40001 })).not.toBe(formatFlow(key));
});

test("an ICMP error's flow is that of the packet that it quotes, which is cut short", () => {
  const packet4 = composeIp(ends4, composeUdp(ends4, ports, new Uint8Array(1000)));
  const error4 = composeIp(router4, composeIcmp({ type: 3, code: 4 }, packet4.subarray(0, 28)));
  expect(quotedFlowKey(error4)).toEqual(flowKey(packet4));
  const packet6 = composeIp(ends6, composeTcp(ends6, ports, new Uint8Array(2000)));
  const error6 = composeIp(router6, composeIcmpv6(router6, { type: 2 }, packet6.subarray(0, 1232)));
  expect(quotedFlowKey(error6)).toEqual(flowKey(packet6));
});

test("what is no error quotes nothing", () => {
  expect(quotedPacket(composeIp(ends4, composeIcmp({ type: 8 }, new Uint8Array(28))))).toBeUndefined();
  expect(quotedPacket(composeIp(ends6, composeIcmpv6(ends6, { type: 128 })))).toBeUndefined();
  expect(quotedPacket(composeIp(ends4, composeTcp(ends4, ports)))).toBeUndefined();
});

test("fails on a later fragment, which shows no ports", () => {
  const [, later = new Uint8Array()] = fragmentIpv4(composeIp(ends4, composeUdp(ends4, ports, new Uint8Array(64))), 16);
  expect(() => flowKey(later)).toThrow("ports: too short, got 0 bytes; needs 4");
});

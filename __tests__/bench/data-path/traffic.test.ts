import { decapsulateGwlb } from "../../../appliance-agent/src/codec/gwlb-packet";
import { decodeIpPacket } from "../../../appliance-agent/src/codec/ip-packet";
import { internetChecksum } from "../../../appliance-agent/src/codec/internet-checksum";
import { flowOf, frameOf, problemOf } from "../../../bench/data-path/traffic";

const link = { gwlbMac: Uint8Array.from([2, 0, 0, 0, 0, 1]), applianceMac: Uint8Array.from([2, 0, 0, 0, 0, 2]) };
const traffic = { flows: 1_000_000, innerBytes: 64 };
const FLOW = 765_432;

/** As an appliance sends it back. */
function returned(change: (frame: Buffer) => void = () => undefined): Buffer {
  const frame = Buffer.from(frameOf(traffic, link, FLOW));
  frame.set(link.gwlbMac, 0);
  frame.set(link.applianceMac, 6);
  const source = Buffer.from(frame.subarray(26, 30));
  frame.copy(frame, 26, 30, 34);
  source.copy(frame, 30);
  change(frame);
  return frame;
}

/** RFC 791 §3.2: one hop further, the checksum computed anew. */
function routed(frame: Buffer): void {
  frame[82 + 8] = 63;
  frame.writeUInt16BE(0, 82 + 10);
  frame.writeUInt16BE(internetChecksum(frame.subarray(82, 102)), 82 + 10);
}

test("a frame is a load balancer's, of the flow that it says it is of", () => {
  const frame = frameOf(traffic, link, FLOW);
  const packet = decapsulateGwlb(frame.subarray(14));
  expect({ ...packet.gwlb, length: packet.inner.length }).toEqual({
    endpointId: 0x0123456789abcd00n,
    attachmentId: 0x1122334455667788n,
    flowCookie: Math.imul(FLOW, 0x9e3779b1) >>> 0,
    length: 64,
  });
  expect(decodeIpPacket(packet.inner).payload.length).toBe(44);
  expect(flowOf(frame)).toBe(FLOW);
});

test("different flows have different addresses and cookies", () => {
  const seen = new Set<string>();
  for (let flow = 0; flow < 2000; flow++)
    seen.add(Buffer.from(frameOf(traffic, link, flow).subarray(78, 102)).toString("hex"));
  expect(seen.size).toBe(2000);
});

test.each([
  ["as it was sent", () => undefined],
  ["one hop further", routed],
])("takes back a packet %s", (_, change) => {
  expect(problemOf(returned(change), traffic, link)).toBeUndefined();
});

test.each([
  ["Ethernet addresses", (frame: Buffer) => (frame[0] = 9)],
  ["outer checksum", (frame: Buffer) => (frame[24] = (frame[24] ?? 0) ^ 1)],
  ["UDP ports or length", (frame: Buffer) => (frame[35] = (frame[35] ?? 0) ^ 1)],
  ["GENEVE bytes", (frame: Buffer) => (frame[78] = (frame[78] ?? 0) ^ 1)],
  ["inner header", (frame: Buffer) => (frame[83] = 4)],
  ["inner TTL", (frame: Buffer) => (frame[90] = 62)],
  ["inner checksum", (frame: Buffer) => (frame[90] = 63)],
  ["inner packet", (frame: Buffer) => (frame[145] = (frame[145] ?? 0) ^ 1)],
])("fails a packet with wrong %s", (problem, change) => {
  expect(problemOf(returned(change), traffic, link)).toBe(problem);
});

test("fails a packet whose outer addresses were not swapped", () => {
  const frame = returned();
  const swapped = Buffer.from(frame.subarray(26, 30));
  frame.copy(frame, 26, 30, 34);
  swapped.copy(frame, 30);
  expect(problemOf(frame, traffic, link)).toBe("outer addresses");
});

test("fails a packet that was cut", () => {
  expect(problemOf(returned().subarray(0, 140), traffic, link)).toBe("length 140");
});

test("fails to make a packet shorter than its headers", () => {
  expect(() => frameOf({ flows: 1, innerBytes: 61 }, link, 0)).toThrow(
    "traffic: inner packet too short, got 61; at least 62",
  );
});

import { encodePcapHeader, encodePcapRecord } from "../../../appliance-agent/src/codec/pcap";
import { hex } from "./header-tests";

test("a capture file begins as the specification draws it", () => {
  expect([...encodePcapHeader("raw")]).toEqual([...hex("a1b23c4d 0002 0004 00000000 00000000 00040000 00000065")]);
  expect([...encodePcapHeader("ethernet")].at(-1)).toBe(1);
});

test("a record has seconds, nanoseconds, captured and original length", () => {
  expect([...encodePcapRecord(1_700_000_000_123_456_789n, hex("c0ffee"), 1500)]).toEqual([
    ...hex("6553f100 075bcd15 00000003 000005dc c0ffee"),
  ]);
});

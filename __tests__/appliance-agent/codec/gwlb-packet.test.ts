import fc from "fast-check";
import { DecodeError } from "../../../appliance-agent/src/codec/decode-error";
import { encodeGeneveOptions } from "../../../appliance-agent/src/codec/geneve-option";
import { encodeGwlbOptions } from "../../../appliance-agent/src/codec/gwlb-options";
import { GwlbPacket, decapsulateGwlb, encapsulateGwlb } from "../../../appliance-agent/src/codec/gwlb-packet";
import { composeIp, composeIpv4 } from "../../../appliance-agent/src/codec/ip-compose";
import { composeUdp } from "../../../appliance-agent/src/codec/upper-layer-compose";
import { errorOf, hex } from "./header-tests";
import { gwlbPacket } from "./some-packets";

const ends = { source: "10.2.0.10", destination: "10.2.0.20" };
const packet: GwlbPacket = {
  ...ends,
  sourcePort: 60000,
  gwlb: { endpointId: 0x0a1b2c3d4e5f6071n, attachmentId: 0x8293a4b5c6d7e8f9n, flowCookie: 0xfedcba98 },
  inner: composeIp({ source: "10.1.0.5", destination: "198.51.100.7" }, { protocol: 253, bytes: hex("c0ffee") }),
};

test("is the bytes that a Gateway Load Balancer sends: 68 bytes around the inner packet", () => {
  const bytes = hex(`
    45 00 005b 0000 4000 40 11 2671 0a02000a 0a020014
    ea60 17c1 0047 0000
    08 00 0800 000000 00
    0108 01 02 0a1b2c3d4e5f6071
    0108 02 02 8293a4b5c6d7e8f9
    0108 03 01 fedcba98
    45 00 0017 0000 4000 40 fd 05aa 0a010005 c6336407 c0ffee
  `);
  expect([...encapsulateGwlb(packet)]).toEqual([...bytes]);
  expect(bytes).toHaveLength(packet.inner.length + 68);
});

test("is read back as it was written", () => {
  fc.assert(
    fc.property(gwlbPacket, (written) => {
      const read = decapsulateGwlb(encapsulateGwlb(written));
      expect({ ...read, inner: [...read.inner] }).toMatchObject({ ...written, inner: [...written.inner] });
      expect([...read.geneveBytes]).toHaveLength(40);
    }),
  );
});

test("may have other options, outer options and a protocol type that lies", () => {
  const options = [{ optionClass: 0x0109, critical: true, type: 1, reserved: 0, data: hex("01020304") }];
  const bytes = encapsulateGwlb(packet, {
    options: [...options, ...encodeGwlbOptions(packet.gwlb)],
    outer: { options: hex("01010101") },
    protocolType: 0x86dd,
    vni: 7,
  });
  const { geneve, geneveBytes } = decapsulateGwlb(bytes);
  expect(geneve.header).toMatchObject({ protocolType: 0x86dd, vni: 7, optionsLength: 40 });
  expect([...geneveBytes.subarray(8, 16)]).toEqual([...encodeGeneveOptions(options)]);
});

test.each([
  [
    "another protocol",
    composeIpv4(ends, { protocol: 6, bytes: new Uint8Array(40) }),
    "GWLB packet: not UDP over IPv4, got ipv4 protocol 6; UDP 6081",
  ],
  [
    "another port",
    composeIpv4(ends, composeUdp(ends, { sourcePort: 1, destinationPort: 4789 })),
    "GWLB packet: another UDP port, got 4789; 6081",
  ],
])("fails on %s", (_, bytes, message) => {
  expect(() => decapsulateGwlb(bytes)).toThrow(message);
});

test("every truncation fails, any change is read or refused by DecodeError", () => {
  const whole = encapsulateGwlb(packet);
  for (let length = 0; length < whole.length; length++) {
    expect(errorOf(() => decapsulateGwlb(whole.slice(0, length)))).toBeInstanceOf(DecodeError);
  }
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
      (changes) => {
        const bytes = whole.slice();
        for (const [at, byte] of changes) bytes[at] = byte;
        const error = errorOf(() => decapsulateGwlb(bytes));
        if (error !== undefined) expect(error).toBeInstanceOf(DecodeError);
      },
    ),
    { numRuns: 1000 },
  );
});

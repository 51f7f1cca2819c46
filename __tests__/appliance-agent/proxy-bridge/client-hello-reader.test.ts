import fc from "fast-check";
import {
  ClientHelloReader,
  type ClientHelloReading,
} from "../../../appliance-agent/src/proxy-bridge/client-hello-reader";
import { type CapturedClientHello, captureClientHellos, inRecords } from "../../../tools/bridge-lab/client-hellos";

const LIMIT = 16_384;
let hellos: CapturedClientHello[];
beforeAll(async () => {
  hellos = await captureClientHellos();
}, 30_000);

/** What is known after the chunks, which stop at the first that decides. */
function read(chunks: readonly Uint8Array[], limit = LIMIT): ClientHelloReading {
  const reader = new ClientHelloReader(limit);
  let reading: ClientHelloReading = { kind: "incomplete" };
  for (const chunk of chunks) {
    reading = reader.push(chunk);
    if (reading.kind !== "incomplete") break;
  }
  return reading;
}

const bytesOf = (hello: Uint8Array) => Array.from(hello, (byte) => Uint8Array.of(byte));

/** RFC 8446 §4.1.2 and RFC 6066 §3, written by hand: TLS 1.2, one cipher suite, server_name "a.example", one other extension. */
const GOLDEN = Buffer.from(
  [
    "16 0301 004d" /* handshake record, 77 bytes */,
    "01 000049 0303" /* ClientHello, 73 bytes, TLS 1.2 */,
    "101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f" /* random */,
    "04 a1a2a3a4" /* session id */,
    "0002 1301" /* cipher suites */,
    "01 00" /* compression methods */,
    "001a" /* extensions, 26 bytes */,
    "0017 0000" /* extended_master_secret */,
    "0000 000e 000c 00 0009 612e6578616d706c65" /* server_name: list of 12 bytes, host_name, "a.example" */,
    "ff01 0000" /* empty, unknown to us */,
  ]
    .join("")
    .replace(/\s/g, ""),
  "hex",
);

test("reads a ClientHello written by hand", () => {
  expect(read([GOLDEN])).toEqual({
    kind: "complete",
    clientHello: { serverName: "a.example", encryptedClientHello: false },
  });
});

test("reads the name that real clients were told to ask for, and none where they were told none", () => {
  expect(hellos.length).toBe(10);
  for (const { name, bytes, serverName } of hellos) {
    const reading = read([bytes]);
    expect([name, reading.kind === "complete" && reading.clientHello.serverName]).toEqual([name, serverName]);
  }
});

test("every truncation needs more, and one more byte at a time ends in the same reading", () => {
  for (const { bytes } of hellos) {
    const reader = new ClientHelloReader(LIMIT);
    for (const byte of bytesOf(bytes.subarray(0, -1))) expect(reader.push(byte)).toEqual({ kind: "incomplete" });
    expect(reader.push(bytes.subarray(-1))).toEqual(read([bytes]));
  }
});

test.each([1, 3, 100])("reads one that is split over records of %d bytes", (size) => {
  for (const { bytes } of hellos) {
    const split = inRecords(bytes, size);
    expect(read([split])).toEqual(read([bytes]));
    expect(read(bytesOf(split))).toEqual(read([bytes]));
  }
});

test("mutated bytes never throw, and are read alike in one piece and in many", () => {
  const mutation = fc.record({
    hello: fc.nat(),
    edits: fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 }),
    cut: fc.option(fc.nat(), { nil: undefined }),
    pieces: fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 20 }),
  });
  fc.assert(
    fc.property(mutation, ({ hello, edits, cut, pieces }) => {
      const bytes = Buffer.from(hellos[hello % hellos.length]?.bytes ?? GOLDEN);
      for (const [at, value] of edits) bytes[at % bytes.length] = value;
      const sent = cut === undefined ? bytes : bytes.subarray(0, cut % bytes.length);
      const chunks: Buffer[] = [];
      for (let at = 0, piece = 0; at < sent.length; piece++) {
        const size = pieces[piece % pieces.length] ?? 1;
        chunks.push(sent.subarray(at, at + size));
        at += size;
      }
      expect(read(chunks)).toEqual(read([sent]));
    }),
    { numRuns: 20_000 },
  );
});

test("any bytes are judged without a throw", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), fc.boolean(), (bytes, asRecord) => {
      const sent = asRecord ? Uint8Array.of(22, 3, 1, bytes.length >> 8, bytes.length & 255, ...bytes) : bytes;
      expect(["incomplete", "refused", "complete"]).toContain(read([sent]).kind);
    }),
    { numRuns: 20_000 },
  );
});

const replaced = (hex: string, by: string) => Buffer.from(GOLDEN.toString("hex").replace(hex, by), "hex");
const NAME = "0000000e000c000009612e6578616d706c65";

test.each<[string, Uint8Array, string]>([
  ["HTTP", Buffer.from("GET / HTTP/1.1\r\n"), "not-tls"],
  ["SSH", Buffer.from("SSH-2.0-OpenSSH_9.6\r\n"), "not-tls"],
  ["an SSL 2.0 CLIENT-HELLO", Buffer.from("802e0100020015", "hex"), "not-tls"],
  ["an alert instead of a handshake", Buffer.from("15030100020100", "hex"), "not-tls"],
  ["another major version", Buffer.from("160401", "hex"), "not-tls"],
  ["an empty record", Buffer.from("1603010000", "hex"), "malformed-client-hello"],
  ["a record longer than 2^14", Buffer.from("1603014001", "hex"), "malformed-client-hello"],
  ["a ServerHello", Buffer.from("1603010004020000ff", "hex"), "malformed-client-hello"],
  [
    "another record type in the middle",
    Buffer.concat([inRecords(GOLDEN, 40).subarray(0, 45), Buffer.of(23)]),
    "malformed-client-hello",
  ],
  [
    "bytes after the message in its record",
    Buffer.concat([replaced("160301004d", "160301004e"), Buffer.of(0)]),
    "malformed-client-hello",
  ],
  ["a name longer than its list", replaced(NAME, "0000000e000c00000a612e6578616d706c65"), "malformed-client-hello"],
  ["a name of another type", replaced(NAME, "0000000e000c010009612e6578616d706c65"), "malformed-client-hello"],
  [
    "a list longer than its extension",
    replaced(NAME, "0000000e000d000009612e6578616d706c65"),
    "malformed-client-hello",
  ],
  ["an extension twice", replaced("00170000", "ff010000"), "malformed-client-hello"],
  ["an odd length of cipher suites", replaced("00021301", "00031301"), "malformed-client-hello"],
])("refuses %s", (_, bytes, reason) => {
  const reading = read([bytes]);
  expect(reading.kind === "refused" ? reading.reason : reading.kind).toBe(reason);
});

test("finds an encrypted ClientHello beside the outer name", () => {
  expect(read([replaced("ff010000", "fe0d0000")])).toMatchObject({
    clientHello: { serverName: "a.example", encryptedClientHello: true },
  });
});

test("gives up at the limit, keeps no byte past it, and takes one that just fits", () => {
  const [hello] = hellos;
  if (hello === undefined) throw new Error("no ClientHello was captured");
  const { bytes } = hello;
  expect(read([bytes], bytes.length).kind).toBe("complete");
  expect(read([bytes], bytes.length - 1)).toEqual({ kind: "refused", reason: "client-hello-too-large" });
  expect(read(bytesOf(inRecords(bytes, 1)), bytes.length)).toEqual({
    kind: "refused",
    reason: "client-hello-too-large",
  });
  const announced = Buffer.from("16030140000100ffff", "hex");
  expect(read([announced, Buffer.alloc(LIMIT - 9)])).toEqual({ kind: "refused", reason: "client-hello-too-large" });
});

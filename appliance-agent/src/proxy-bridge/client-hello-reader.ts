import { type ClientHello, decodeClientHello } from "./client-hello";

/** What is known after the bytes so far. */
export type ClientHelloReading =
  | { readonly kind: "incomplete" }
  | { readonly kind: "refused"; readonly reason: "not-tls" | "malformed-client-hello" | "client-hello-too-large" }
  | { readonly kind: "complete"; readonly clientHello: ClientHello };

/** RFC 8446 §5.1: type, legacy_record_version, length. */
const RECORD_HEADER_LENGTH = 5;
const HANDSHAKE_RECORD = 22;
const MAX_RECORD_LENGTH = 1 << 14;

/** RFC 8446 §4: msg_type, length. */
const HANDSHAKE_HEADER_LENGTH = 4;
const CLIENT_HELLO = 1;

/**
 * Finds the ClientHello in a byte stream, split over any number of TCP segments and TLS records.
 *
 * Every byte is looked at once, and no more than `maxBytes` are kept.
 */
export class ClientHelloReader {
  private readonly stream: Buffer;
  private received = 0;
  /** Where the next record header is expected. */
  private recordAt = 0;
  /** Handshake bytes, gathered out of their records. */
  private readonly message: Buffer;
  private gathered = 0;

  /** @param maxBytes of the stream, record headers included */
  constructor(private readonly maxBytes: number) {
    this.stream = Buffer.allocUnsafe(maxBytes);
    this.message = Buffer.allocUnsafe(maxBytes);
  }

  /** Takes the next bytes; after anything but `incomplete` it takes no more. */
  push(chunk: Uint8Array): ClientHelloReading {
    const taken = chunk.subarray(0, this.maxBytes - this.received);
    this.stream.set(taken, this.received);
    this.received += taken.length;
    const reading = this.read();
    if (reading.kind === "incomplete" && this.received === this.maxBytes)
      return { kind: "refused", reason: "client-hello-too-large" };
    return reading;
  }

  private read(): ClientHelloReading {
    for (;;) {
      const refused = this.judgeRecordHeader();
      if (refused !== undefined) return { kind: "refused", reason: refused };
      if (this.received < this.recordAt + RECORD_HEADER_LENGTH) return { kind: "incomplete" };
      const length = this.stream.readUInt16BE(this.recordAt + 3);
      const from = this.recordAt + RECORD_HEADER_LENGTH;
      if (this.received < from + length) return { kind: "incomplete" };
      this.gathered += this.stream.copy(this.message, this.gathered, from, from + length);
      this.recordAt = from + length;
      const reading = this.judgeMessage();
      if (reading !== undefined) return reading;
    }
  }

  /** Judges as much of a record header as is there: a client that does not speak TLS is told at its first byte. */
  private judgeRecordHeader(): "not-tls" | "malformed-client-hello" | undefined {
    const header = this.stream.subarray(this.recordAt, Math.min(this.received, this.recordAt + RECORD_HEADER_LENGTH));
    const [type, major] = header;
    const odd = this.recordAt === 0 ? "not-tls" : "malformed-client-hello";
    if (type !== undefined && type !== HANDSHAKE_RECORD) return odd;
    if (major !== undefined && major !== 3) return odd;
    if (header.length < RECORD_HEADER_LENGTH) return undefined;
    const length = header.readUInt16BE(3);
    /* RFC 8446 §5.1: "Implementations MUST NOT send zero-length fragments of Handshake types". */
    return length === 0 || length > MAX_RECORD_LENGTH ? "malformed-client-hello" : undefined;
  }

  private judgeMessage(): ClientHelloReading | undefined {
    const message = this.message.subarray(0, this.gathered);
    if (message[0] !== CLIENT_HELLO) return { kind: "refused", reason: "malformed-client-hello" };
    if (message.length < HANDSHAKE_HEADER_LENGTH) return undefined;
    const end = HANDSHAKE_HEADER_LENGTH + message.readUIntBE(1, 3);
    if (end > this.maxBytes) return { kind: "refused", reason: "client-hello-too-large" };
    if (message.length < end) return undefined;
    const clientHello =
      message.length === end ? decodeClientHello(message.subarray(HANDSHAKE_HEADER_LENGTH)) : undefined;
    return clientHello === undefined
      ? { kind: "refused", reason: "malformed-client-hello" }
      : { kind: "complete", clientHello };
  }
}

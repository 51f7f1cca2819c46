/** What of a ClientHello decides where it goes. */
export interface ClientHello {
  /** The `host_name` of the server_name extension, as it was sent. @default - the client did not name the server */
  readonly serverName?: string;
  /**
   * Whether there is an encrypted ClientHello, real or GREASE: browsers send one to every server, and nobody on the way
   * can tell which it is. `serverName` is then the outer name.
   *
   * @see RFC 9849 §6.2
   */
  readonly encryptedClientHello: boolean;
}

/** Extension types (IANA "TLS ExtensionType Values"). */
const SERVER_NAME = 0;
const ENCRYPTED_CLIENT_HELLO = 0xfe0d;

/** RFC 6066 §3, NameType. */
const HOST_NAME = 0;

/** RFC 8446 §4.1.2, and RFC 5246 §7.4.1.2 for clients without extensions. */
const RANDOM_LENGTH = 32;
const MAX_SESSION_ID_LENGTH = 32;

/**
 * Decodes the body of a ClientHello, without its 4-byte handshake header.
 *
 * @param body every byte hostile
 * @returns undefined when it is malformed: a length that does not add up, an extension twice (RFC 8446 §4.2), two names
 */
export function decodeClientHello(body: Uint8Array): ClientHello | undefined {
  const fields = new Fields(body);
  fields.skip(2 + RANDOM_LENGTH);
  if (fields.vector(1).length > MAX_SESSION_ID_LENGTH) return undefined;
  const cipherSuites = fields.vector(2);
  const compressionMethods = fields.vector(1);
  if (cipherSuites.length < 2 || cipherSuites.length % 2 || compressionMethods.length < 1) return undefined;
  if (fields.ended) return fields.broken ? undefined : { encryptedClientHello: false };
  const extensions = new Fields(fields.vector(2));
  if (!fields.ended) return undefined;
  const found = new Map<number, Uint8Array>();
  while (!extensions.ended) {
    const type = extensions.number(2);
    if (found.has(type)) return undefined;
    found.set(type, extensions.vector(2));
  }
  if (fields.broken || extensions.broken) return undefined;
  const encryptedClientHello = found.has(ENCRYPTED_CLIENT_HELLO);
  const extension = found.get(SERVER_NAME);
  if (extension === undefined) return { encryptedClientHello };
  const serverName = decodeServerName(extension);
  return serverName === undefined ? undefined : { serverName, encryptedClientHello };
}

/** A ServerNameList with its one `host_name` (RFC 6066 §3: at most one of each type, and there is no other type). */
function decodeServerName(extension: Uint8Array): string | undefined {
  const list = new Fields(extension);
  const names = new Fields(list.vector(2));
  const type = names.number(1);
  const name = names.vector(2);
  const whole = list.ended && names.ended && !list.broken && !names.broken;
  return whole && type === HOST_NAME && name.length > 0 ? Buffer.from(name).toString("latin1") : undefined;
}

/** Reads fields one after the other; past the end everything is empty, and `broken` says so. */
class Fields {
  broken = false;
  private at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  get ended(): boolean {
    return this.broken || this.at === this.bytes.length;
  }

  skip(length: number): Uint8Array {
    const end = this.at + length;
    if (this.broken || end > this.bytes.length) {
      this.broken = true;
      return new Uint8Array();
    }
    const field = this.bytes.subarray(this.at, end);
    this.at = end;
    return field;
  }

  /** A big-endian number of so many bytes. */
  number(length: number): number {
    return this.skip(length).reduce((number, byte) => number * 256 + byte, 0);
  }

  /** A vector whose length stands before it in so many bytes (RFC 8446 §3.4). */
  vector(lengthBytes: number): Uint8Array {
    return this.skip(this.number(lengthBytes));
  }
}

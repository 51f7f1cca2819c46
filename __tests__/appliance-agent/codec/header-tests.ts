import fc from "fast-check";
import { DecodeError } from "../../../appliance-agent/src/codec/decode-error";

/** Bytes written as in an RFC's drawing: hexadecimal digits, spaces where one likes. */
export function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replace(/\s/g, ""), "hex"));
}

/** An arbitrary of `bits` bits. */
export const bits = (count: number): fc.Arbitrary<number> => fc.integer({ min: 0, max: 2 ** count - 1 });

/** Bytes of a length between `from` and `to` in steps of `unit`. */
export const bytesOf = (from: number, to: number = from, unit = 1): fc.Arbitrary<Uint8Array> =>
  fc
    .integer({ min: from / unit, max: to / unit })
    .chain((units) => fc.uint8Array({ minLength: units * unit, maxLength: units * unit }));

/** One header and what its four tests need. */
export interface HeaderUnderTest<T> {
  /** Written by hand from the RFC, every field non-zero. */
  readonly golden: Uint8Array;
  readonly value: T;
  readonly arbitrary: fc.Arbitrary<T>;
  readonly decode: (bytes: Uint8Array) => T;
  readonly encode: (value: T) => Uint8Array;
}

/** The four tests that every header has. */
export function testHeader<T>(name: string, header: HeaderUnderTest<T>): void {
  const { golden, value, arbitrary, decode, encode } = header;
  describe(name, () => {
    test("is read from and written to the bytes of the RFC", () => {
      expect(plain(decode(golden))).toEqual(plain(value));
      expect(plain(encode(value))).toEqual(plain(golden));
    });

    test("reads back whatever it writes, also from the middle of a buffer", () => {
      fc.assert(
        fc.property(arbitrary, bytesOf(0, 9), (written, before) => {
          const bytes = encode(written);
          const buffer = Uint8Array.from([...before, ...bytes]);
          expect(plain(decode(buffer.subarray(before.length)))).toEqual(plain(written));
        }),
      );
    });

    test("fails on every truncation, and says what it needs", () => {
      for (let length = 0; length < golden.length; length++) {
        const error = errorOf(() => decode(golden.slice(0, length)));
        expect(error).toBeInstanceOf(DecodeError);
        const { reason, where } = error as DecodeError;
        expect(reason).toBe("truncated");
        expect(where?.needed).toBeGreaterThan(where?.available ?? NaN);
        expect((error as DecodeError).message).toBe(
          `${where?.layer ?? ""}: too short, got ${String(where?.available)} bytes; needs ${String(where?.needed)}`,
        );
      }
    });

    test("decodes any bytes or throws DecodeError", () => {
      fc.assert(
        fc.property(fc.oneof(bytesOf(0, 96), mutated(golden)), (bytes) => {
          const error = errorOf(() => decode(bytes));
          if (error !== undefined) expect(error).toBeInstanceOf(DecodeError);
        }),
        { numRuns: 500 },
      );
    });
  });
}

/** Golden bytes with a few of them changed: they get past the first checks more often than random ones. */
function mutated(golden: Uint8Array): fc.Arbitrary<Uint8Array> {
  const change = fc.tuple(fc.integer({ min: 0, max: golden.length - 1 }), bits(8));
  return fc.array(change, { maxLength: 3 }).map((changes) => {
    const bytes = golden.slice();
    for (const [at, byte] of changes) bytes[at] = byte;
    return bytes;
  });
}

/** What `run` throws; undefined when it does not. */
export function errorOf(run: () => unknown): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error;
  }
}

/** Views become lists of numbers, so that only their bytes are compared. */
export function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member)]));
}

import { ExtData, encode } from "@msgpack/msgpack";
import fc from "fast-check";
import {
  UNKNOWN,
  Unknown,
  decodeDynamicValue,
  encodeDynamicValue,
  hasUnknown,
  type CtyValue,
} from "../../../../tools/offline-plan/protocol/cty-value";

const value: fc.Arbitrary<CtyValue> = fc.letrec<{ value: CtyValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constant(null),
    fc.string(),
    fc.boolean(),
    fc.integer(),
    fc.double({ noNaN: true }),
    fc.constant(UNKNOWN),
    fc.array(tie("value")),
    fc.dictionary(
      fc.string().filter((key) => key !== "__proto__"),
      tie("value"),
      { noNullPrototype: true },
    ),
  ),
})).value;

test("reads back whatever it writes", () => {
  fc.assert(
    fc.property(value, (it) => {
      const [read, written] = [decodeDynamicValue(encodeDynamicValue(it)), it].map((one) =>
        JSON.stringify(one, (_key, inner: unknown) => (inner instanceof Unknown ? "unknown" : inner)),
      );
      expect(read).toBe(written);
    }),
  );
});

test("an unknown value is cty's: fixext 1, type 0", () => {
  expect([...(encodeDynamicValue(UNKNOWN).msgpack ?? [])]).toEqual([0xd4, 0x00, 0x00]);
});

test("a refined unknown keeps its refinement", () => {
  const refined = encode(new ExtData(12, encode({ 1: false })));
  const decoded = decodeDynamicValue({ msgpack: refined });
  expect(decoded).toBeInstanceOf(Unknown);
  expect([...(encodeDynamicValue(decoded).msgpack ?? [])]).toEqual([...refined]);
});

test("JSON is read too, and nothing is null", () => {
  expect(decodeDynamicValue({ json: Buffer.from('{"a":[1]}') })).toEqual({ a: [1] });
  expect(decodeDynamicValue({})).toBeNull();
  expect(decodeDynamicValue(undefined)).toBeNull();
});

test("an unknown is found however deep", () => {
  expect(hasUnknown({ a: [{ b: UNKNOWN }] })).toBe(true);
  expect(hasUnknown({ a: [{ b: null }], c: "unknown" })).toBe(false);
});

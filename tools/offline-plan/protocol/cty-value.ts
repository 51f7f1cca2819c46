import { ExtData, ExtensionCodec, decode, encode } from "@msgpack/msgpack";

/** A value that Terraform does not know yet: any MessagePack extension of cty's. */
export class Unknown {
  /** @param refinement what is known about it (`not null`, a prefix), kept as received */
  constructor(private readonly refinement?: ExtData) {}

  /** As extension data, for the encoder. */
  toExtension(): ExtData {
    return this.refinement ?? new ExtData(0, new Uint8Array([0]));
  }
}

/** A value of one of Terraform's types. Numbers too large for a double arrive as strings. */
export type CtyValue =
  null | string | number | boolean | Unknown | Uint8Array | CtyValue[] | { [key: string]: CtyValue };

/** A Terraform object. */
export type CtyObject = Record<string, CtyValue>;

/** As the protocol carries values. */
export interface DynamicValue {
  readonly msgpack?: Uint8Array;
  readonly json?: Uint8Array;
}

/** Known nothing about. */
export const UNKNOWN = new Unknown();

/** cty's refinements; the plain unknown is extension type 0. @see https://pkg.go.dev/github.com/zclconf/go-cty/cty/msgpack */
const REFINED_UNKNOWN = 12;

const extensions = new ExtensionCodec();
extensions.register({
  type: 0,
  encode: (value) => (value instanceof Unknown && value.toExtension().type === 0 ? new Uint8Array([0]) : null),
  decode: () => UNKNOWN,
});
extensions.register({
  type: REFINED_UNKNOWN,
  encode: (value) => (value instanceof Unknown ? (value.toExtension().data as Uint8Array) : null),
  decode: (data) => new Unknown(new ExtData(REFINED_UNKNOWN, Uint8Array.from(data))),
});

/** @throws Error when the bytes are not MessagePack or JSON */
export function decodeDynamicValue(value: DynamicValue | null | undefined): CtyValue {
  if (value?.msgpack?.length) return decode(value.msgpack, { extensionCodec: extensions }) as CtyValue;
  return value?.json?.length ? (JSON.parse(Buffer.from(value.json).toString("utf8")) as CtyValue) : null;
}

/** As MessagePack. */
export function encodeDynamicValue(value: CtyValue): DynamicValue {
  return { msgpack: Buffer.from(encode(value, { extensionCodec: extensions })) };
}

/** Whether the value, or anything inside it, is unknown. */
export function hasUnknown(value: CtyValue | undefined): boolean {
  if (value instanceof Unknown) return true;
  if (value === null || typeof value !== "object" || value instanceof Uint8Array) return false;
  return Object.values(value).some(hasUnknown);
}

/** Whether the value is an object, as opposed to null, unknown, a list or a scalar. */
export function isObject(value: CtyValue | undefined): value is CtyObject {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Unknown) &&
    !(value instanceof Uint8Array)
  );
}

/** A value of a type that only the configuration decides: its type beside it. */
export function dynamicString(value: string): CtyValue {
  return [Buffer.from('"string"'), value];
}

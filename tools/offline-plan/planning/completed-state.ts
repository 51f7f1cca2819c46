import { Unknown, dynamicString, isObject, type CtyObject, type CtyValue } from "../protocol/cty-value";
import type { Attribute, Block, CtyType, NestedBlock } from "../schema/schema";

/** What a resource's computed attributes turn out to be. */
export interface Prediction {
  /** By top-level attribute name; the rest get a plausible value of their type. */
  readonly values: CtyObject;
  /** Hexadecimal, of the resource: from it come the plausible values. */
  readonly fingerprint: string;
}

/** A planned state with every unknown replaced. */
export function completedState(block: Block, planned: CtyObject, prediction: Prediction): CtyObject {
  return completeBlock(block, planned, prediction);
}

function completeBlock(block: Block, planned: CtyObject, prediction: Prediction): CtyObject {
  const state: CtyObject = {};
  for (const [name, attribute] of Object.entries(block.attributes))
    state[name] = attribute.writeOnly ? null : completeAttribute(name, attribute, planned[name] ?? null, prediction);
  for (const [name, nested] of Object.entries(block.blocks))
    state[name] = completeNested(nested, planned[name] ?? null, { values: {}, fingerprint: prediction.fingerprint });
  return state;
}

/** What could have been configured and was not is empty rather than made up: nobody takes it for a choice. */
function completeAttribute(name: string, attribute: Attribute, planned: CtyValue, prediction: Prediction): CtyValue {
  const isLeftOut = planned instanceof Unknown && attribute.optional && attribute.type === "string";
  return isLeftOut ? (prediction.values[name] ?? "") : complete(name, attribute.type, planned, prediction);
}

function completeNested(nested: NestedBlock, planned: CtyValue, prediction: Prediction): CtyValue {
  if (planned instanceof Unknown) return nested.nesting === "map" ? {} : nested.nesting === "single" ? null : [];
  const one = (value: CtyValue) => (isObject(value) ? completeBlock(nested.block, value, prediction) : value);
  if (Array.isArray(planned)) return planned.map(one);
  if (nested.nesting !== "map" || !isObject(planned)) return one(planned);
  return Object.fromEntries(Object.entries(planned).map(([key, value]) => [key, one(value)]));
}

function complete(name: string, type: CtyType, value: CtyValue, prediction: Prediction): CtyValue {
  if (value instanceof Unknown) return plausibleValue(name, type, prediction);
  if (typeof type === "string" || value === null) return value;
  const inside = { values: {}, fingerprint: prediction.fingerprint };
  if (type[0] === "object") {
    if (!isObject(value)) return value;
    return Object.fromEntries(
      Object.entries(type[1]).map(([key, of]) => [key, complete(key, of, value[key] ?? null, inside)]),
    );
  }
  const element = type[1];
  if (Array.isArray(value)) return value.map((it) => complete(name, element, it, inside));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, it]) => [key, complete(key, element, it, inside)]));
}

/** The predicted value of an attribute, or one of the right type and a likely form. */
export function plausibleValue(name: string, type: CtyType, prediction: Prediction): CtyValue {
  const predicted = prediction.values[name];
  if (predicted !== undefined) return predicted;
  if (typeof type !== "string") {
    if (type[0] === "map") return {};
    if (type[0] !== "object") return [];
    const inside = { values: {}, fingerprint: prediction.fingerprint };
    return Object.fromEntries(Object.entries(type[1]).map(([key, of]) => [key, plausibleValue(key, of, inside)]));
  }
  if (type === "number") return 0;
  if (type === "bool") return false;
  const text = /(^|_)(id|arn|name)$/.test(name)
    ? `${name.replace(/_/g, "-")}-${prediction.fingerprint.slice(0, 8)}`
    : "";
  return type === "dynamic" ? dynamicString(text) : text;
}

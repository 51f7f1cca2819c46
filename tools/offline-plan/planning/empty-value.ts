import { isObject, type CtyObject, type CtyValue } from "../protocol/cty-value";
import type { Block, NestedBlock } from "../schema/schema";

/** An object of the block's shape with nothing in it. */
export function emptyValue(block: Block): CtyObject {
  return {
    ...Object.fromEntries(Object.keys(block.attributes).map((name) => [name, null])),
    ...Object.fromEntries(Object.entries(block.blocks).map(([name, nested]) => [name, emptyNested(nested)])),
  };
}

/** State as stored, in the block's shape of today: what is missing is empty, what is gone is dropped. */
export function conformingState(block: Block, stored: CtyValue): CtyObject {
  const state = emptyValue(block);
  if (!isObject(stored)) return state;
  for (const name of Object.keys(state)) {
    const value = stored[name];
    if (value === undefined || value === null) continue;
    const nested = block.blocks[name];
    state[name] = nested ? conformingNested(nested, value) : value;
  }
  return state;
}

function emptyNested({ nesting }: NestedBlock): CtyValue {
  return nesting === "single" ? null : nesting === "map" ? {} : [];
}

function conformingNested(nested: NestedBlock, value: CtyValue): CtyValue {
  if (Array.isArray(value)) return value.map((it) => conformingState(nested.block, it));
  if (nested.nesting !== "map" || !isObject(value)) return conformingState(nested.block, value);
  return Object.fromEntries(Object.entries(value).map(([key, it]) => [key, conformingState(nested.block, it)]));
}

import type { CtyObject, CtyValue } from "../protocol/cty-value";
import type { Block, NestedBlock } from "../schema/schema";

/** An object of the block's shape with nothing in it. */
export function emptyValue(block: Block): CtyObject {
  return {
    ...Object.fromEntries(Object.keys(block.attributes).map((name) => [name, null])),
    ...Object.fromEntries(Object.entries(block.blocks).map(([name, nested]) => [name, emptyNested(nested)])),
  };
}

function emptyNested({ nesting }: NestedBlock): CtyValue {
  return nesting === "single" ? null : nesting === "map" ? {} : [];
}

import type { Block, NestedBlock } from "../schema/schema";

const NESTING = { single: "SINGLE", list: "LIST", set: "SET", map: "MAP" } as const;

/** Arguments whose values Terraform must hide, by name: the flag that the generated packages lose. */
export type SensitiveNames = ReadonlySet<string>;

/** A schema as the protocol writes it. Version 0: these providers' state upgrades are never needed here. */
export function wireSchema(block: Block, sensitive: SensitiveNames = new Set()) {
  return { version: 0, block: wireBlock(block, sensitive) };
}

function wireBlock(block: Block, sensitive: SensitiveNames): object {
  return {
    attributes: Object.entries(block.attributes).map(([name, it]) => ({
      name,
      type: Buffer.from(JSON.stringify(it.type)),
      required: it.required ?? false,
      optional: it.optional ?? false,
      computed: it.computed ?? false,
      sensitive: it.sensitive ?? sensitive.has(name),
      write_only: it.writeOnly ?? false,
    })),
    block_types: Object.entries(block.blocks).map(([name, it]) => wireNested(name, it)),
  };
}

function wireNested(name: string, nested: NestedBlock) {
  return {
    type_name: name,
    nesting: NESTING[nested.nesting],
    min_items: nested.minItems ?? 0,
    max_items: nested.maxItems ?? 0,
    block: wireBlock(nested.block, new Set()),
  };
}

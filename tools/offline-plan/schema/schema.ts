/** Terraform's type language, as JSON in the plugin protocol. */
export type CtyType =
  | "string"
  | "number"
  | "bool"
  | "dynamic"
  | readonly ["list" | "set" | "map", CtyType]
  | readonly ["object", Readonly<Record<string, CtyType>>];

/** One argument or attribute of a resource type. */
export interface Attribute {
  readonly type: CtyType;
  readonly required?: boolean;
  readonly optional?: boolean;
  readonly computed?: boolean;
  readonly sensitive?: boolean;
  /** Never stored in plan or state (`*_wo`). */
  readonly writeOnly?: boolean;
}

/** A block inside a block. */
export interface NestedBlock {
  readonly nesting: "single" | "list" | "set" | "map";
  readonly block: Block;
  readonly minItems?: number;
  readonly maxItems?: number;
}

/** A resource type, data source or provider configuration. */
export interface Block {
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly blocks: Readonly<Record<string, NestedBlock>>;
}

/** Whether a type is managed or only read. */
export type Mode = "resource" | "data";

/** What one provider serves to one run: only the types that the run uses. */
export interface ProviderSchema {
  readonly provider: Block;
  readonly resource: ReadonlyMap<string, Block>;
  readonly data: ReadonlyMap<string, Block>;
}

import type { GeneratedAttribute, GeneratedDeclarations, HclEntry, HclTable } from "./generated-declarations";
import type { Attribute, Block, CtyType, NestedBlock } from "./schema";

const PRIMITIVES: Readonly<Record<string, CtyType>> = {
  string: "string",
  number: "number",
  boolean: "bool",
  any: "dynamic",
};

/** Arguments of CDKTF or of Terraform's language, which the generator adds to a provider's own. */
const NOT_OF_THE_PROVIDER = new Set(["alias"]);

/** A generated file's resource, data source or provider. */
export interface GeneratedSchema {
  /** Terraform's name of the type, `aws_vpc`, or of the provider, `aws`. */
  readonly type: string;
  /** Of the Terraform provider that the package was generated from, `6.25.0`. */
  readonly providerVersion: string;
  readonly block: Block;
}

/**
 * The provider's schema of one resource type, data source or provider configuration.
 *
 * Whether a nested structure is a block is told by the second argument of `listMapperHcl(fn, B)`: `isBlock` is true
 * for attributes of object type too. What the generator loses (sensitive, defaults, ForceNew, conflicts, enumerations,
 * more than one `max_items`) is in `tools/offline-plan/aws/tables/`.
 *
 * @throws Error when an attribute's type cannot be read: the generator's form has changed
 */
export function generatedSchema(declarations: GeneratedDeclarations): GeneratedSchema {
  const main = [...declarations.classes.values()].find((it) =>
    /^Terraform(Resource|DataSource|Provider)$/.test(it.base),
  );
  if (!main?.terraformType) throw new Error("no class of a resource, data source or provider in the generated source");
  const table = declarations.tables.get(`class ${main.name}`) ?? {};
  const own = main.attributes.filter((it) => main.base !== "TerraformProvider" || !NOT_OF_THE_PROVIDER.has(it.name));
  return {
    type: main.terraformType,
    providerVersion: declarations.providerVersion,
    block: new BlockReader(declarations).block(own, table),
  };
}

interface Structure {
  readonly name: string;
  readonly wrapping: "OutputReference" | "List" | "Map";
  readonly isSet: boolean;
}

class BlockReader {
  constructor(private readonly declarations: GeneratedDeclarations) {}

  block(attributes: readonly GeneratedAttribute[], table: HclTable): Block {
    const own: Record<string, Attribute> = {};
    const blocks: Record<string, NestedBlock> = {};
    for (const attribute of attributes) {
      const entry = table[attribute.name];
      const structure = this.structure(attribute);
      if (structure && entry?.isBlock && !isAttributeOfObjects(entry))
        blocks[attribute.name] = this.nested(attribute, structure, entry);
      else own[attribute.name] = this.attribute(attribute, entry);
    }
    return { attributes: own, blocks };
  }

  private nested(attribute: GeneratedAttribute, structure: Structure, entry: HclEntry): NestedBlock {
    const nesting = ({ struct: "single", set: "set", map: "map" } as const)[entry.kind] ?? "list";
    return {
      nesting,
      block: this.block(this.attributesOf(structure.name), this.tableOf(structure.name)),
      ...(attribute.required && nesting !== "single" ? { minItems: 1 } : {}),
      ...(structure.wrapping === "OutputReference" && nesting !== "single" ? { maxItems: 1 } : {}),
    };
  }

  private attribute(attribute: GeneratedAttribute, entry: HclEntry | undefined): Attribute {
    return {
      type: this.type(attribute, entry),
      ...(attribute.required ? { required: true } : {}),
      ...(attribute.optional ? { optional: true } : {}),
      ...(attribute.computed ? { computed: true } : {}),
      // The flag itself is lost; `_wo` is the naming rule of every write-only argument of these providers.
      ...(attribute.name.endsWith("_wo") && attribute.optional ? { writeOnly: true } : {}),
    };
  }

  private type(attribute: GeneratedAttribute, entry: HclEntry | undefined): CtyType {
    const structure = this.structure(attribute);
    if (structure) return this.structureType(structure);
    const type = (entry && storageType(entry)) ?? getterType(attribute.declaration) ?? fieldType(attribute.declaration);
    if (!type) throw new Error(`the type of '${attribute.name}' cannot be read from '${attribute.declaration}'`);
    return type;
  }

  private structureType({ name, wrapping, isSet }: Structure): CtyType {
    const fields: Record<string, CtyType> = {};
    const table = this.tableOf(name);
    for (const field of this.attributesOf(name)) fields[field.name] = this.type(field, table[field.name]);
    const object = ["object", fields] as const;
    if (wrapping === "OutputReference") return object;
    return wrapping === "Map" ? ["map", object] : [isSet ? "set" : "list", object];
  }

  private structure({ declaration }: GeneratedAttribute): Structure | undefined {
    const made = /new (\w+)\(this, "/.exec(declaration)?.[1];
    const wrapping = made && this.wrapping(made);
    if (wrapping) return { name: made.slice(0, -wrapping.length), wrapping, isSet: declaration.includes(", true)") };
    const field = /^private _\w+\?: ([A-Z]\w+)\[\] \| cdktf/.exec(declaration)?.[1];
    return field && this.declarations.interfaces.has(field)
      ? { name: field, wrapping: "List", isSet: false }
      : undefined;
  }

  /** By the class's base, not by its name: a structure may itself be called `...List` or `...Map`. */
  private wrapping(className: string): Structure["wrapping"] | undefined {
    const base = this.declarations.classes.get(className)?.base;
    if (base === "ComplexObject") return "OutputReference";
    if (base === "ComplexList") return "List";
    return base === "ComplexMap" ? "Map" : undefined;
  }

  private attributesOf(name: string): readonly GeneratedAttribute[] {
    const { classes, interfaces } = this.declarations;
    const found = (classes.get(`${name}OutputReference`) ?? classes.get(name))?.attributes ?? interfaces.get(name);
    if (!found) throw new Error(`no declaration of the structure '${name}'`);
    return found;
  }

  private tableOf(name: string): HclTable {
    return this.declarations.tables.get(name.charAt(0).toLowerCase() + name.slice(1)) ?? {};
  }
}

function isAttributeOfObjects(entry: HclEntry): boolean {
  return entry.kind === "map" || /listMapperHcl\(\w+, false\)/.test(entry.value);
}

function storageType({ storage, kind }: HclEntry): CtyType | undefined {
  const match = /^(string|number|boolean|any)((?:List|Map)*)$/.exec(storage);
  if (!match) return undefined;
  const wraps = match[2]?.match(/List|Map/g) ?? [];
  return wraps.reduceRight<CtyType>(
    (type, wrap, at) => [wrap === "Map" ? "map" : at === 0 && kind === "set" ? "set" : "list", type],
    PRIMITIVES[match[1] as string] as CtyType,
  );
}

function getterType(declaration: string): CtyType | undefined {
  const collection = declaration.includes("Fn.tolist(") ? "set" : "list";
  const map = /(?:new cdktf\.|get)(String|Number|Boolean|Any)Map(?:Attribute)?\(/.exec(declaration)?.[1];
  if (map) return ["map", PRIMITIVES[map.toLowerCase()] as CtyType];
  if (/new cdktf\.(\w+)MapList\(/.test(declaration)) return [collection, ["map", "string"]];
  if (/get(?:Number)ListAttribute|new cdktf\.NumberList/.test(declaration)) return [collection, "number"];
  if (/getListAttribute/.test(declaration)) return [collection, "string"];
  if (declaration.includes("this.interpolationForAttribute(")) return "dynamic";
  const scalar = /get(String|Number|Boolean|Any)Attribute/.exec(declaration)?.[1];
  return scalar ? PRIMITIVES[scalar.toLowerCase()] : undefined;
}

function fieldType(declaration: string): CtyType | undefined {
  const match = /private _\w+\?: (string|number|boolean|any)\b(\[\])?/.exec(declaration);
  if (match) return match[2] ? ["list", PRIMITIVES[match[1] as string] as CtyType] : PRIMITIVES[match[1] as string];
  const map = /private _\w+\?: \{ \[key: string\]: (?:\()?(string|number|boolean|any)/.exec(declaration)?.[1];
  return map ? ["map", PRIMITIVES[map] as CtyType] : undefined;
}

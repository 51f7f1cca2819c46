/** An attribute as the generator wrote it: the schema's flags, and the TypeScript that tells its type. */
export interface GeneratedAttribute {
  readonly name: string;
  readonly computed: boolean;
  readonly optional: boolean;
  readonly required: boolean;
  /** The private field, or the getter's return statement. */
  readonly declaration: string;
}

/** How an attribute is written to HCL: the second half of its type. */
export interface HclEntry {
  readonly value: string;
  readonly isBlock: boolean;
  readonly kind: string;
  readonly storage: string;
}

/** A table from Terraform's attribute name to how it is written. */
export type HclTable = Readonly<Record<string, HclEntry>>;

/** A class of the generated file. */
export interface GeneratedClass {
  readonly name: string;
  readonly base: string;
  /** Terraform's name, for the class of the resource itself. */
  readonly terraformType?: string;
  readonly attributes: readonly GeneratedAttribute[];
}

/** What one generated file declares. */
export interface GeneratedDeclarations {
  readonly classes: ReadonlyMap<string, GeneratedClass>;
  /** Arguments by interface: provider configurations nest interfaces without a class of their own. */
  readonly interfaces: ReadonlyMap<string, readonly GeneratedAttribute[]>;
  /** By struct name in lower camel case, or `class <Name>` for the resource itself. */
  readonly tables: ReadonlyMap<string, HclTable>;
  /** Of the Terraform provider, `6.25.0`; empty when the file does not say. */
  readonly providerVersion: string;
}

const FLAGS = /^ {2}\/\/ (\w+) - computed: (true|false), optional: (true|false), required: (true|false)/;
const ENTRY = /^ {4,6}"?(\w+)"?: \{$/;

type Writable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K] };

/**
 * Reads the declarations of one generated file, line by line: the generator writes one declaration on a line.
 *
 * @param text what {@link generatedSource} returned
 */
export function generatedDeclarations(text: string): GeneratedDeclarations {
  const classes = new Map<string, Writable<GeneratedClass>>();
  const interfaces = new Map<string, GeneratedAttribute[]>();
  const tables = new Map<string, Record<string, HclEntry>>();
  const lines = text.split("\n");
  const line = (at: number) => lines[at] ?? "";
  let inClass: Writable<GeneratedClass> | undefined;
  let inInterface: GeneratedAttribute[] | undefined;
  let inTable: Record<string, HclEntry> | undefined;
  let documented = "";

  lines.forEach((current, at) => {
    let match: RegExpMatchArray | null;
    if ((match = /^export interface (\w+)/.exec(current))) {
      interfaces.set(match[1] as string, (inInterface = []));
      inClass = inTable = undefined;
    } else if ((match = /^export class (\w+) extends cdktf\.(\w+)/.exec(current))) {
      inClass = { name: match[1] as string, base: match[2] as string, attributes: [] };
      classes.set(inClass.name, inClass);
      inInterface = inTable = undefined;
    } else if ((match = /^export function (\w+)ToHclTerraform\(/.exec(current))) {
      tables.set(match[1] as string, (inTable = {}));
    } else if (inClass && current.includes("synthesizeHclAttributes()")) {
      tables.set(`class ${inClass.name}`, (inTable = {}));
    } else if (inInterface && (match = /\{@link \S+#(\w+) /.exec(current)) && current.includes("* Docs at")) {
      documented = match[1] as string;
    } else if (inInterface && (match = /^ {2}readonly \w+(\?)?: (.*);$/.exec(current))) {
      const optional = match[1] === "?";
      inInterface.push({
        name: documented,
        computed: false,
        optional,
        required: !optional,
        declaration: `private _field?: ${match[2]};`,
      });
    } else if (inClass && /^ {4}super\(scope, id, \{/.test(current)) {
      const type = /terraformResourceType: '(\w+)'/.exec(line(at + 1))?.[1];
      if (type) inClass.terraformType = type;
    } else if (inClass && (match = FLAGS.exec(current))) {
      inClass.attributes.push({
        name: match[1] as string,
        computed: match[2] === "true",
        optional: match[3] === "true",
        required: match[4] === "true",
        declaration: declarationBelow(lines, at),
      });
    } else if (inTable && (match = ENTRY.exec(current)) && /^\s+value: /.test(line(at + 1))) {
      inTable[match[1] as string] = entryBelow(lines, at);
    }
  });
  const providerVersion = /providerVersion: '([^']+)'/.exec(text)?.[1] ?? "";
  return { classes, interfaces, tables, providerVersion };
}

function declarationBelow(lines: readonly string[], at: number): string {
  const next = lines[at + 1] ?? "";
  if (next.startsWith("  private ")) return next.trim();
  return (lines.slice(at + 1, at + 4).find((candidate) => candidate.includes("return ")) ?? "").trim();
}

function entryBelow(lines: readonly string[], at: number): HclEntry {
  const body = lines.slice(at + 2, at + 6).join("\n");
  return {
    value: (lines[at + 1] ?? "").trim(),
    isBlock: body.includes("isBlock: true"),
    kind: /type: "(\w+)"/.exec(body)?.[1] ?? "",
    storage: /storageClassType: "(\w+)"/.exec(body)?.[1] ?? "",
  };
}

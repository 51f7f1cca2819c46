import { hclBody, type HclBlock, type HclBody } from "./hcl-body";

/** A `resource` or `data` block. */
export interface DeclaredResource {
  readonly mode: "resource" | "data" | "ephemeral";
  readonly type: string;
  readonly name: string;
  /** Local name of the provider, from the `provider` argument or the type's first word. */
  readonly provider: string;
  readonly body: BodyShape;
}

/** Names of arguments and nested blocks: enough to serve a type of which nothing else is known. */
export interface BodyShape {
  readonly attributes: readonly string[];
  readonly blocks: Readonly<Record<string, BodyShape>>;
}

/** A `module` block. */
export interface ModuleCall {
  readonly name: string;
  readonly source: string;
  readonly file: string;
  readonly line: number;
}

/** What the offline plan must know about one module before Terraform reads it. */
export interface ModuleFacts {
  readonly resources: readonly DeclaredResource[];
  readonly calls: readonly ModuleCall[];
  /** Source and version constraint by local name. */
  readonly requiredProviders: Readonly<Record<string, { readonly source?: string; readonly version?: string }>>;
  /** Arguments of `provider` blocks, by local name. */
  readonly providerConfigurations: readonly { readonly name: string; readonly body: BodyShape }[];
  /** Whether the module has any Terraform block at all. */
  readonly isTerraform: boolean;
}

/** A file of a module. */
export interface ConfigurationFile {
  readonly name: string;
  readonly text: string;
}

const META_ARGUMENTS = new Set([
  "count",
  "for_each",
  "provider",
  "depends_on",
  "lifecycle",
  "provisioner",
  "connection",
]);
const TERRAFORM_BLOCKS = new Set(
  "resource data ephemeral module variable output locals provider terraform moved import removed check".split(" "),
);

/** Reads `*.tf` and `*.tf.json`; what cannot be read is skipped, for Terraform to report. */
export function moduleFacts(files: readonly ConfigurationFile[]): ModuleFacts {
  const facts = {
    resources: [] as DeclaredResource[],
    calls: [] as ModuleCall[],
    requiredProviders: {} as Record<string, { source?: string; version?: string }>,
    providerConfigurations: [] as { name: string; body: BodyShape }[],
    isTerraform: false,
  };
  for (const file of files) {
    const body = file.name.endsWith(".json") ? jsonBody(file.text) : hclBody(file.text);
    for (const block of body.blocks) {
      if (TERRAFORM_BLOCKS.has(block.type)) facts.isTerraform = true;
      const [first = "", second = ""] = block.labels;
      if (block.type === "resource" || block.type === "data" || block.type === "ephemeral")
        facts.resources.push(declared(block.type, first, second, block));
      else if (block.type === "module")
        facts.calls.push({
          name: first,
          source: literal(block.body.attributes["source"]),
          file: file.name,
          line: block.line,
        });
      else if (block.type === "provider") facts.providerConfigurations.push({ name: first, body: shape(block.body) });
      else if (block.type === "terraform") Object.assign(facts.requiredProviders, requiredProviders(block.body));
      else if (block.type === "check")
        for (const inner of block.body.blocks)
          if (inner.type === "data")
            facts.resources.push(declared("data", inner.labels[0] ?? "", inner.labels[1] ?? "", inner));
    }
  }
  return facts;
}

function declared(mode: DeclaredResource["mode"], type: string, name: string, block: HclBlock): DeclaredResource {
  const chosen = /^"?([\w-]+)/.exec(block.body.attributes["provider"] ?? "")?.[1];
  return { mode, type, name, provider: chosen ?? type.split("_")[0] ?? type, body: shape(block.body) };
}

function shape(body: HclBody): BodyShape {
  const blocks: Record<string, BodyShape> = {};
  for (const block of body.blocks) {
    if (META_ARGUMENTS.has(block.type)) continue;
    const dynamic = block.type === "dynamic" ? block.body.blocks.find((it) => it.type === "content") : undefined;
    const name = block.type === "dynamic" ? (block.labels[0] ?? "") : block.type;
    const one = shape(dynamic?.body ?? block.body);
    const known = blocks[name];
    blocks[name] = known ? mergedShape(known, one) : one;
  }
  return { attributes: Object.keys(body.attributes).filter((name) => !META_ARGUMENTS.has(name)), blocks };
}

/** What either of two bodies has. */
export function mergedShape(a: BodyShape, b: BodyShape): BodyShape {
  const blocks = { ...a.blocks };
  for (const [name, it] of Object.entries(b.blocks)) blocks[name] = blocks[name] ? mergedShape(blocks[name], it) : it;
  return { attributes: [...new Set([...a.attributes, ...b.attributes])], blocks };
}

function requiredProviders(terraform: HclBody) {
  const found: Record<string, { source?: string; version?: string }> = {};
  for (const block of terraform.blocks)
    if (block.type === "required_providers")
      for (const [name, text] of Object.entries(block.body.attributes)) {
        const field = (key: string) => new RegExp(`\\b"?${key}"?\\s*[=:]\\s*"([^"]*)"`).exec(text)?.[1];
        const [source, version] = [field("source"), field("version") ?? /^"([^"]*)"$/.exec(text)?.[1]];
        found[name] = { ...(source ? { source } : {}), ...(version ? { version } : {}) };
      }
  return found;
}

function literal(expression: string | undefined): string {
  return /^"(.*)"$/s.exec(expression ?? "")?.[1] ?? "";
}

/** Terraform's JSON syntax as the same blocks: labels are object keys, several blocks of one kind an array. */
function jsonBody(text: string): HclBody {
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch {
    return { attributes: {}, blocks: [] };
  }
  const blocks: HclBlock[] = [];
  const place = { start: 0, end: 0, line: 1 };
  for (const [type, labelled] of entries(root)) {
    const depth = { resource: 2, data: 2, ephemeral: 2, module: 1, provider: 1, terraform: 0, check: 1 }[type];
    if (depth === undefined) {
      if (TERRAFORM_BLOCKS.has(type)) blocks.push({ type, labels: [], body: { attributes: {}, blocks: [] }, ...place });
      continue;
    }
    for (const { labels, value } of underLabels(labelled, depth))
      blocks.push({ type, labels, body: jsonBlockBody(value, type), ...place });
  }
  return { attributes: {}, blocks };
}

function* underLabels(
  value: unknown,
  depth: number,
  labels: string[] = [],
): Generator<{ labels: string[]; value: unknown }> {
  if (Array.isArray(value)) for (const one of value) yield* underLabels(one, depth, labels);
  else if (depth === 0) yield { labels, value };
  else for (const [key, inner] of entries(value)) yield* underLabels(inner, depth - 1, [...labels, key]);
}

function jsonBlockBody(value: unknown, type: string): HclBody {
  const attributes: Record<string, string> = {};
  const blocks: HclBlock[] = [];
  const place = { start: 0, end: 0, line: 1, labels: [] };
  for (const [name, inner] of entries(value)) {
    const nested = (type === "terraform" && name === "required_providers") || name === "lifecycle";
    if (nested) for (const one of [inner].flat()) blocks.push({ type: name, body: jsonBlockBody(one, name), ...place });
    else attributes[name] = JSON.stringify(inner);
  }
  return { attributes, blocks };
}

function entries(value: unknown): [string, unknown][] {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
}
